"""What is known of a world's merchants when the demo begins: its last days hour by hour.

The topic gets the last days of the world's payments only; the weeks before them, and the labels
that have come, are in its files. DuckDB makes the snapshots with the SQL of the refresh, so the
payments to replay meet merchant risk as it was at their hour, and the refresh continues from there.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from flink_jobs.job import SQL_ROOT
from flink_jobs.pipelines import PAYMENTS
from simulator.messages import SOURCE
from swipestream.database.locks import Lock
from swipestream.followers.merchant_risk import (
    HOUR_MS,
    SNAPSHOTS,
    asked_for_ms,
    full_hour_ms,
    text_of,
)

DAY_MS = 24 * HOUR_MS
# Payments this old are in no window of the hours to come, nor is a fraud the newest one.
COUNTS_LAST_DAYS, LABELS_LAST_DAYS = 35, 91
# What a label says of its payment depends on what the card had paid before.
LABELED = (
    *("training/world_payments", "training/payments_arrived"),
    *("as_of_arrival/touched_payments", "as_of_arrival/payments_checked"),
    *(f"payments/{file}" for file in PAYMENTS.history_files),
    *("training/payments_with_history", "training/hourly_payments", "training/label_events"),
)

TABLES = ("merchant_payment_counts", "merchant_labels", "merchant_risk", "merchant_risk_hours")


def load_known_risk(url: str, world: Path, from_ms: int, now_ms: int) -> int:
    """
    Replace what the database holds of merchant risk by that of a world.

    :param url: of the database, for the owner of its tables.
    :param world: folder with the world's Parquet files.
    :param from_ms: time of the first payment that will ask, UTC epoch milliseconds.
    :param now_ms: the end of the world's history; labels that come later are not loaded.
    :return: number of snapshots.
    """
    first_ms, last_ms = asked_for_ms(from_ms), full_hour_ms(now_ms)
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(world, first_ms, last_ms) as files,
        psycopg.connect(url) as postgres,
    ):
        postgres.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.MERCHANT_RISK,))
        names = sql.SQL(", ").join(map(sql.Identifier, TABLES))
        postgres.execute(sql.SQL("TRUNCATE {}").format(names))
        rows = 0
        for target, query in contents(last_ms, now_ms, files.view(SNAPSHOTS).columns).items():
            path = Path(folder) / "rows.csv"
            files.execute(f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false)")
            rows = copied(postgres, target, path)
        postgres.execute(text_of("note_hours").encode(), {"from_ms": first_ms, "to_ms": last_ms})
    return rows


def contents(to_ms: int, now_ms: int, columns: Sequence[str]) -> dict[str, str]:
    """
    What each table is filled with, as a query of DuckDB.

    :param to_ms: the last full hour, UTC epoch milliseconds, as `now_ms`.
    :param columns: of a snapshot, in order.
    :return: by table and columns; the snapshots last.
    """
    return {
        "merchant_payment_counts (merchant_id, hour_ms, stored_hour_ms, payment_count)": (
            "SELECT merchant_id, hour_ms, 0, payment_count FROM hourly_payments "
            f"WHERE hour_ms > {to_ms - COUNTS_LAST_DAYS * DAY_MS} AND hour_ms <= {to_ms}"
        ),
        "merchant_labels (transaction_id, card_id, labelled_ms, source, merchant_id, event_ms, "
        "is_fraud, amount_to_card_usual)": (
            f"SELECT transaction_id, card_id, labelled_ms, '{SOURCE}', merchant_id, event_ms, "
            "is_fraud, amount_to_card_usual FROM label_events "
            f"WHERE event_ms > {to_ms - LABELS_LAST_DAYS * DAY_MS} "
            f"AND labelled_ms <= {now_ms}"
        ),
        f"merchant_risk ({', '.join(columns)})": f"FROM {SNAPSHOTS}",
    }


def opened(world: Path, from_ms: int, to_ms: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB with the world's files and the snapshots from one full hour to another."""
    connection = duckdb.connect(config={"threads": 2})
    # 7 / 2 is 3 in Flink and PostgreSQL.
    connection.execute("SET integer_division = true")
    for name in ("payments", "labels"):
        path = str(world / f"{name}.parquet")
        connection.read_parquet(path, file_row_number=True).create_view(f"{name}_on_disk")
    for name in LABELED:
        connection.execute((SQL_ROOT / f"{name}.sql").read_text("utf-8"))
    connection.execute(
        f"CREATE VIEW risk_range AS SELECT {from_ms}::bigint AS from_ms, {to_ms}::bigint AS to_ms"
    )
    connection.execute(f"CREATE VIEW {SNAPSHOTS} AS {text_of(SNAPSHOTS)}")
    return connection


def copied(postgres: psycopg.Connection, target: str, path: Path) -> int:
    """
    Append a file's rows to a table.

    :param target: the table, with its columns if the file has not all of them in order.
    :return: number of rows.
    """
    with (
        path.open("rb") as file,
        postgres.cursor() as cursor,
    ):
        with cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)".encode()) as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        return cursor.rowcount
