"""Payments as the stream scored them, from Postgres: features and look-ups included."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from flink_jobs.pipelines import PAYMENTS
from training.data.feature_sql import LABEL_FILES, SQL_ROOT, run_files, set_label_cutoff
from training.data.training_set import CATEGORICAL
from training.errors import StoredPaymentsError

QUERIES = SQL_ROOT / "postgres" / "queries"
NULL = r"\N"
KEYS = {
    "transaction_id": "VARCHAR",
    "card_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "event_ms": "BIGINT",
    "amount_cents": "BIGINT",
}
LABELS = {
    "transaction_id": "VARCHAR",
    "is_fraud": "BOOLEAN",
    "scenario": "VARCHAR",
    "labelled_ms": "BIGINT",
    "source": "VARCHAR",
}
CUSTOMERS = {"customer_id": "VARCHAR", "segment": "VARCHAR"}
PAYMENTS_QUERY = (
    "SELECT {columns} FROM scored_payments WHERE event_ms >= %(from_ms)s AND event_ms < %(to_ms)s"
)

OnBlock = Callable[[int], None]


@dataclass(frozen=True)
class StoredPayments:
    """
    The table `scored_payments` with the table `labels`.

    What the stream saw is what is learned from: a payment that arrived after this one is not in its
    history, and a customer that was unknown then is unknown.

    :param database_url: holds a password, so it is not shown.
    :param on_bytes: told how much has come.
    """

    database_url: str = field(repr=False)
    on_bytes: OnBlock = lambda done: None
    name: str = "scored_payments"
    labels_name: str = "the table labels"
    more: str = "wait for more payments and labels, or learn from a world: `swipestream train`"

    @property
    def description(self) -> dict[str, Any]:
        """What the bundle says about it."""
        return {"kind": "postgres", "table": self.name}

    def known_at_ms(self, until_ms: int | None) -> int:
        """Now, by the database's clock, or another moment."""
        return self._times[1] if until_ms is None else until_ms

    def first_ms(self) -> int:
        """Time of the oldest stored payment, UTC epoch milliseconds; 0 without any."""
        return self._times[0]

    @cached_property
    def _times(self) -> tuple[int, int]:
        with self._connected() as connection:
            row = connection.execute(_query("oldest_scored_payment")).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    def open(self, connection: duckdb.DuckDBPyConnection, from_ms: int, to_ms: int) -> None:
        """
        Copy the payments and labels of a window, all of one moment, and define the views.

        :raises StoredPaymentsError: the database is away, or lacks a table or a feature.
        """
        columns = payment_columns()
        window = {"from_ms": from_ms, "to_ms": to_ms}
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        payments = sql.SQL(PAYMENTS_QUERY).format(columns=names)
        customers = sql.SQL("SELECT {} FROM customers").format(
            sql.SQL(", ").join(map(sql.Identifier, CUSTOMERS))
        )
        labels = sql.SQL(_query("labels_to_learn_from").decode())
        with self._connected() as postgres, tempfile.TemporaryDirectory() as folder:
            postgres.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for table, query, kinds in (
                ("stored_payments", payments, columns),
                ("labels_on_disk", labels, LABELS),
                ("customers_on_disk", customers, CUSTOMERS),
            ):
                path = Path(folder) / f"{table}.csv"
                self._copy(postgres, query, window, path)
                _load(connection, table, path, kinds)
                path.unlink()
        stored = connection.table("stored_payments")
        stored.create_view("payment_features")
        stored.project("transaction_id, card_id, customer_id, event_ms").create_view("payment_keys")
        set_label_cutoff(connection, from_ms, to_ms, 0)
        run_files(connection, LABEL_FILES)

    def _copy(
        self,
        postgres: "psycopg.Connection[Any]",
        query: sql.Composable,
        window: dict[str, int],
        path: Path,
    ) -> None:
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL {})").format(query, NULL)
        done = 0
        with (
            path.open("wb") as file,
            postgres.cursor() as cursor,
            cursor.copy(statement, window) as copy,
        ):
            for block in copy:
                file.write(block)
                done += len(block)
                self.on_bytes(done)

    @contextmanager
    def _connected(self) -> "Iterator[psycopg.Connection[Any]]":
        try:
            with psycopg.connect(self.database_url, connect_timeout=10) as connection:
                yield connection
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
            raise StoredPaymentsError(
                f"the database lacks something: {_first_line(error)}",
                "bring its tables up to date: `swipestream up`",
            ) from None
        except psycopg.Error as error:
            raise StoredPaymentsError(
                f"the database cannot be read: {_first_line(error)}",
                "run `swipestream up`, or set DATABASE_URL",
            ) from None


def payment_columns() -> dict[str, str]:
    """The columns of `scored_payments` that training needs, with their types in DuckDB."""
    features = {
        name: "VARCHAR" if name in CATEGORICAL else "DOUBLE" for name in PAYMENTS.model_features
    }
    return features | KEYS


def _query(name: str) -> bytes:
    return (QUERIES / f"{name}.sql").read_bytes()


def _load(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, columns: dict[str, str]
) -> None:
    connection.read_csv(
        str(path),
        header=False,
        sep=",",
        quotechar='"',
        escapechar='"',
        na_values=NULL,
        columns=columns,
        auto_detect=False,
    ).create(table)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
