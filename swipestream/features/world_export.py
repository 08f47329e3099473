"""What the stream has stored, as a world on disk: for a backtest, or to train on elsewhere."""

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.database.queries import query
from swipestream.errors import SwipestreamError
from swipestream.features.export import COUNT, NULL
from swipestream.verify.parity.columns import SENT

DESCRIPTION = "world.json"
ORDER = "arrival"
# In the order of arrival: what a card's history is depends on it.
PAYMENTS = """
SELECT {columns} FROM scored_payments
WHERE event_time >= %(begin)s AND event_time < %(end)s
ORDER BY arrived_at, kafka_partition, kafka_offset
"""
KINDS = {
    "is_fraud": "BOOLEAN",
    "event_ms": "BIGINT",
    "labelled_ms": "BIGINT",
    "home_latitude": "DOUBLE",
    "home_longitude": "DOUBLE",
    "utc_offset_minutes": "INTEGER",
    "account_opened_at": "TIMESTAMP",
}
# Names and addresses stay where they are.
CUSTOMERS = (
    *("customer_id", "home_latitude", "home_longitude", "home_country"),
    *("utc_offset_minutes", "account_opened_at", "usual_device_id", "segment"),
)
MERCHANTS = ("merchant_id", "category", "country")
RISK = "merchant_risk"


def export_world(
    postgres: psycopg.Connection[TupleRow],
    begin: datetime,
    end: datetime,
    folder: Path,
    on_file: Callable[[str], None] = lambda name: None,
) -> int:
    """
    Write payments, labels, customers, merchants, and what was known of merchants at each hour.

    :param postgres: in autocommit mode; all rows are of one moment.
    :param begin: UTC; payments from then on. Cards have no earlier history in the result.
    :param end: UTC; and before that. It is the moment up to which labels are known.
    :param folder: is made; holds ``world.json`` only when all is written.
    :param on_file: told which file comes next.
    :return: payments written.
    :raises SwipestreamError: the folder exists, or there is nothing to write.
    """
    if folder.exists():
        raise SwipestreamError(f"{folder} exists", "remove it, or name another folder")
    if begin >= end:
        raise SwipestreamError(
            f"--from {begin:%Y-%m-%d %H:%M} is not before --to {end:%Y-%m-%d %H:%M}", "swap them"
        )
    window = {"begin": begin.replace(tzinfo=None), "end": end.replace(tzinfo=None)}
    with postgres.transaction():
        postgres.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        (total,) = postgres.execute(COUNT, window).fetchone() or (0,)
        if not total:
            raise SwipestreamError(
                f"no payment is stored from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
                "`swipestream status` says whether payments are scored",
            )
        folder.mkdir(parents=True)
        for name, (rows, kinds) in _tables(postgres).items():
            on_file(name)
            _write(postgres, rows, window, kinds, folder / f"{name}.parquet")
    description = {
        "kind": "stack",
        "order": ORDER,
        "payments": int(total),
        "from": f"{begin:%Y-%m-%d %H:%M}",
        "end_ms": round(end.timestamp() * 1000),
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return int(total)


def _tables(
    postgres: psycopg.Connection[TupleRow],
) -> dict[str, tuple[sql.Composable, dict[str, str]]]:
    """Query, and columns with their types in DuckDB, of each file."""
    found = postgres.execute(f"SELECT * FROM {RISK} LIMIT 0").description or []
    risk = [column.name for column in found]

    def listed(columns: tuple[str, ...] | list[str]) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, columns))

    def whole(table: str, columns: tuple[str, ...] | list[str]) -> sql.Composed:
        return sql.SQL("SELECT {} FROM {}").format(listed(columns), sql.Identifier(table))

    return {
        "payments": (
            sql.SQL(PAYMENTS).format(columns=listed(PAYMENT_FIELDS)),
            {name: SENT[name] for name in PAYMENT_FIELDS},
        ),
        "labels": (sql.SQL(query("exported_labels").decode()), kinds_of(LABEL_FIELDS)),
        "customers": (whole("customers", CUSTOMERS), kinds_of(CUSTOMERS)),
        "merchants": (whole("merchants", MERCHANTS), kinds_of(MERCHANTS)),
        RISK: (whole(RISK, risk), {name: _risk_kind(name) for name in risk}),
    }


def kinds_of(columns: tuple[str, ...]) -> dict[str, str]:
    """Types in DuckDB; text, if nothing else is known."""
    return {name: KINDS.get(name, "VARCHAR") for name in columns}


def _risk_kind(name: str) -> str:
    if name.endswith("_ms"):
        return "BIGINT"
    if name.endswith("_id"):
        return "VARCHAR"
    return "INTEGER" if "count" in name else "DOUBLE"


def _write(
    postgres: psycopg.Connection[TupleRow],
    rows: sql.Composable,
    window: Mapping[str, datetime],
    kinds: dict[str, str],
    path: Path,
) -> None:
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL {})").format(rows, NULL)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as scratch:
        text = Path(scratch) / "rows.csv"
        with (
            text.open("wb") as file,
            postgres.cursor() as cursor,
            cursor.copy(statement, window) as copy,
        ):
            for block in copy:
                file.write(block)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.read_csv(
                str(text),
                header=False,
                sep=",",
                quotechar='"',
                escapechar='"',
                na_values=NULL,
                columns=kinds,
                auto_detect=False,
            ).to_parquet(str(path), compression="zstd")
