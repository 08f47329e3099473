"""Recompute the features in PostgreSQL, on a sample: views and tables are temporary."""

import re
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from swipestream.errors import SwipestreamError
from swipestream.parity.columns import RECOMPUTED, STORED
from swipestream.parity.feature_views import Read, feature_file, statements
from swipestream.parity.stored_payments import NULL

_COUNT_DISTINCT = re.compile(r"\bCOUNT\(DISTINCT ([a-z_][a-z0-9_]*)\) OVER\b")


def for_postgres(statement: str) -> str:
    """
    The same SQL with the one function PostgreSQL lacks replaced by ours.

    PostgreSQL has no `COUNT(DISTINCT x) OVER`; the aggregate `count_distinct(x)` of the migrations
    does the same. Nothing else is changed.
    """
    return _COUNT_DISTINCT.sub(r"count_distinct(\1) OVER", statement)


def recompute(
    postgres: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    since_ms: int = 0,
    read: Read = feature_file,
) -> None:
    """
    Fill the DuckDB table `recomputed_features` from its table `stored_payments`, by PostgreSQL.

    :param postgres: in autocommit mode; all that is made there goes with the transaction.
    :param folder: for temporary files.
    :param since_ms: leave out older payments, which are there as history only.
    :param read: gives a feature file's text.
    :raises SwipestreamError: PostgreSQL refuses a file; names it.
    """
    stored, features = folder / "to_postgres.csv", folder / "from_postgres.csv"
    connection.execute(
        f"COPY (SELECT {', '.join(STORED)} FROM stored_payments) TO '{stored}' "
        f"(FORMAT csv, HEADER false, NULLSTR '{NULL}')"
    )
    names = sql.SQL(", ").join(map(sql.Identifier, STORED))
    with postgres.transaction(force_rollback=True), postgres.cursor() as cursor:
        # Same names as in the schema, so the temporary ones must be found first.
        cursor.execute("SET LOCAL search_path = pg_temp, public")
        cursor.execute("SET LOCAL client_min_messages = warning")
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE stored_payments AS "
                "SELECT {} FROM scored_payments WITH NO DATA"
            ).format(names)
        )
        load = sql.SQL("COPY stored_payments FROM STDIN (FORMAT csv, NULL {})").format(NULL)
        with stored.open("rb") as file, cursor.copy(load) as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        cursor.execute("CREATE UNIQUE INDEX ON stored_payments (transaction_id)")
        cursor.execute("ANALYZE stored_payments")
        for file_name, statement in statements(read):
            try:
                cursor.execute(for_postgres(statement).encode())
            except psycopg.Error as error:
                raise SwipestreamError(
                    f"sql/{file_name}.sql does not run in PostgreSQL: "
                    f"{str(error).strip().splitlines()[0]}",
                    "keep to what Flink, DuckDB and PostgreSQL all read",
                ) from None
        fetch = sql.SQL(
            "COPY (SELECT transaction_id, {} FROM payment_features WHERE event_ms >= {}) "
            "TO STDOUT (FORMAT csv, NULL {})"
        ).format(sql.SQL(", ").join(map(sql.Identifier, RECOMPUTED)), since_ms, NULL)
        with features.open("wb") as file, cursor.copy(fetch) as copy:
            for row in copy:
                file.write(row)
    columns = {"transaction_id": "VARCHAR"} | RECOMPUTED
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE recomputed_features ({declared})")
    if features.stat().st_size:
        connection.execute(
            "INSERT INTO recomputed_features SELECT * FROM read_csv(?, header = false, "
            "delim = ',', quote = '\"', escape = '\"', auto_detect = false, nullstr = ?, "
            f"columns = {columns})",
            [str(features), NULL],
        )
    stored.unlink()
    features.unlink()
