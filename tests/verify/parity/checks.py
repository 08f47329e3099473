"""Run parity over rows in DuckDB, without a stack."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from swipestream.verify.parity import duckdb_engine
from swipestream.verify.parity.feature_views import Read, sql_text
from swipestream.verify.parity.report import Report
from swipestream.verify.parity.run import check_log, check_stored, compared_payments
from swipestream.verify.parity.sent_payments import SCHEMA, create_sent_payments
from swipestream.verify.parity.stored_outcomes import create_outcomes
from swipestream.verify.topic_reading import Stretch
from tests.verify.parity.stream_by_hand import Row


def features_report(
    connection: duckdb.DuckDBPyConnection, since_ms: int = 0, read: Read = sql_text
) -> Report:
    """Parity's report on the features in `stored_payments`."""
    duckdb_engine.choose_compared(connection, since_ms)
    left_out = duckdb_engine.recompute(connection, read)
    report = Report(compared_payments(connection), "duckdb", left_out=left_out)
    check_stored(connection, report)
    return report


def log_report(connection: duckdb.DuckDBPyConnection, told: Sequence[Row]) -> Report:
    """
    Parity's report on `stored_payments` and other outcomes, compared with what was sent.

    :param told: messages with the `outcome` that the stream gave each; None means not known yet,
        and "unreadable" means rejected for another reason than its age.
    """
    create_sent_payments(connection)
    table = pa.table({name: [row[name] for row in told] for name in SCHEMA.names}, schema=SCHEMA)
    connection.register("batch", table)
    connection.execute("INSERT INTO sent_payments SELECT * FROM batch")
    connection.unregister("batch")
    duckdb_engine.choose_compared(connection)
    rejected = [
        (*place(row), row["outcome"] == "too_old")
        for row in told
        if row["outcome"] in ("too_old", "unreadable")
    ]
    create_outcomes(connection, rejected, list(noted(connection, told)))
    connection.execute(
        "CREATE OR REPLACE TABLE chosen_cards AS SELECT DISTINCT card_id FROM sent_payments"
    )
    ends = {row["kafka_partition"]: row["kafka_offset"] + 1 for row in told}
    begins = {row["kafka_partition"]: row["kafka_offset"] for row in reversed(told)}
    report = Report(compared_payments(connection), "duckdb")
    check_log(connection, report, Stretch(begins, ends))
    return report


def place(row: Row) -> tuple[int, int]:
    """Where a message is."""
    return row["kafka_partition"], row["kafka_offset"]


def noted(
    connection: duckdb.DuckDBPyConnection, told: Iterable[Row]
) -> Iterable[tuple[object, ...]]:
    """The rows of `duplicate_payments` and `conflicting_payments`, each with what is stored."""
    columns = ("kafka_partition", "kafka_offset", "amount_cents", "merchant_id", "event_ms")
    stored = {
        row[:2]: row[2:]
        for row in connection.execute(
            f"SELECT transaction_id, card_id, {', '.join(columns)} FROM stored_payments"
        ).fetchall()
    }
    for row in told:
        key = row["transaction_id"], row["card_id"]
        first = stored.get(key, (None,) * 5)
        if row["outcome"] == "copy":
            yield (*place(row), *key, "duplicate", *first)
        if row["outcome"] == "conflict":
            yield (*place(row), *key, f"conflict: another {row['differing']}", *first)


def mismatched(report: Report) -> set[str]:
    """The columns that differ."""
    return {item.name for item in report.comparisons if item.mismatched}
