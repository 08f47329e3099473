"""Run parity over rows in DuckDB, without a stack."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from swipestream.parity import duckdb_engine
from swipestream.parity.feature_views import Read, feature_file
from swipestream.parity.report import Report
from swipestream.parity.run import check_log, check_stored, payments_since
from swipestream.parity.sent_payments import SCHEMA, create_sent_payments
from swipestream.topic_reading import Stretch
from tests.parity.stream_by_hand import Row


def features_report(
    connection: duckdb.DuckDBPyConnection, since_ms: int = 0, read: Read = feature_file
) -> Report:
    """What parity says of the features in `stored_payments`."""
    duckdb_engine.recompute(connection, since_ms, read)
    report = Report(payments_since(connection, since_ms), "duckdb")
    check_stored(connection, report, since_ms)
    return report


def log_report(
    connection: duckdb.DuckDBPyConnection,
    sent: Sequence[Row],
    rejected: Iterable[tuple[int, int]] = (),
) -> Report:
    """What parity says of `stored_payments` against what was sent."""
    create_sent_payments(connection)
    table = pa.table({name: [row[name] for row in sent] for name in SCHEMA.names}, schema=SCHEMA)
    connection.register("batch", table)
    connection.execute("INSERT INTO sent_payments SELECT * FROM batch")
    connection.execute(
        "INSERT INTO message_times SELECT kafka_partition, kafka_offset, 0, "
        "EPOCH_MS(arrived_at), event_ms FROM batch"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE rejected_places (kafka_partition INTEGER, kafka_offset BIGINT)"
    )
    for place in rejected:
        connection.execute("INSERT INTO rejected_places VALUES (?, ?)", list(place))
    connection.execute(
        "CREATE OR REPLACE TABLE chosen_cards AS SELECT DISTINCT card_id FROM sent_payments"
    )
    ends = {row["kafka_partition"]: row["kafka_offset"] + 1 for row in sent}
    report = Report(payments_since(connection, 0), "duckdb")
    check_log(connection, report, Stretch(dict.fromkeys(ends, 0), ends))
    return report


def mismatched(report: Report) -> set[str]:
    """The columns that differ."""
    return {item.name for item in report.comparisons if item.mismatched}
