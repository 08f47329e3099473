"""Parity agrees with a stream worked out by hand, and with no stream that has a bug."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flink_jobs.score_payments import HISTORY
from swipestream.parity import duckdb_engine
from swipestream.parity.columns import RECOMPUTED
from swipestream.parity.feature_views import feature_file
from tests.parity.checks import features_report, log_report, mismatched
from tests.parity.stream_by_hand import (
    DAYS_7,
    Row,
    messages,
    open_database,
    store,
    stored_by_a_stream,
)


@pytest.fixture(scope="module")
def sent() -> list[Row]:
    return messages()


@pytest.fixture(scope="module")
def rows(sent: list[Row]) -> list[Row]:
    return stored_by_a_stream(sent)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path) as opened:
        yield opened


def test_the_test_data_has_what_is_hard(sent: list[Row], rows: list[Row]) -> None:
    times = [(row["card_id"], row["event_ms"]) for row in rows if not row["is_late"]]
    assert len(times) - len(set(times)) > 20
    assert len(sent) - len(rows) > 5
    assert sum(row["is_late"] for row in rows) > 10


def test_a_correct_stream_has_no_mismatch(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], rows: list[Row]
) -> None:
    store(connection, rows)
    report = features_report(connection)
    assert mismatched(report) == set() and report.is_clean
    assert {item.name for item in report.features} == set(RECOMPUTED)
    assert all(item.compared == len(rows) for item in report.features)
    log = log_report(connection, sent)
    assert log.is_clean and log.in_log == len(rows)


def test_payments_of_the_same_millisecond_keep_the_order_of_arrival(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    # Whatever order the table has, and wherever DuckDB's sort would put equals.
    for step in (1, -1):
        store(connection, rows[::step])
        assert features_report(connection).is_clean
    tied: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if not row["is_late"]:
            tied.setdefault((row["card_id"], row["event_ms"]), []).append(row)
    followers = [group[1] for group in tied.values() if len(group) > 1]
    assert all(row["previous_ms"] == row["event_ms"] for row in followers)
    # Equals swapped: the first is said to follow the second.
    first, second = next(group for group in tied.values() if len(group) == 2)
    swapped = {
        first["transaction_id"]: first | {"kafka_offset": second["kafka_offset"]},
        second["transaction_id"]: second | {"kafka_offset": first["kafka_offset"]},
    }
    store(connection, [swapped.get(row["transaction_id"], row) for row in rows])
    assert mismatched(features_report(connection)) >= {"previous_ms"}


def test_only_payments_since_then_are_compared_with_all_their_history(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    since_ms = max(row["event_ms"] for row in rows) - 2 * DAYS_7
    store(connection, rows)
    report = features_report(connection, since_ms)
    assert report.is_clean
    assert 0 < report.payments == sum(row["event_ms"] >= since_ms for row in rows) < len(rows)


@pytest.mark.parametrize(
    ("file", "window", "shorter"),
    [
        ("features/card_activity_5m", "INTERVAL '5' MINUTE", "INTERVAL '299.999' SECOND"),
        ("features/card_activity_24h", "INTERVAL '24' HOUR", "INTERVAL '86399.999' SECOND"),
        ("features/card_activity_7d", "INTERVAL '7' DAY", "INTERVAL '604799.999' SECOND"),
    ],
)
def test_a_window_off_by_a_millisecond_is_found(
    file: str,
    window: str,
    shorter: str,
    connection: duckdb.DuckDBPyConnection,
    rows: list[Row],
) -> None:
    def planted(name: str) -> str:
        text = feature_file(name)
        assert name != file or text.count(window) == 1
        return text.replace(window, shorter) if name == file else text

    name = file.rsplit("_", 1)[1]
    write_as(connection, rows, planted)
    found = mismatched(features_report(connection))
    assert found >= {f"card_txn_count_{name}", f"card_amount_cents_{name}"}
    assert not any(column.startswith("card_") and not column.endswith(name) for column in found)
    write_as(connection, rows, feature_file)
    assert features_report(connection).is_clean


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        (HISTORY[0], "BETWEEN 1 PRECEDING", "BETWEEN 2 PRECEDING"),
        (HISTORY[2], "txn_count - 1", "txn_count"),
        (HISTORY[3], "COUNT(DISTINCT merchant_id)", "COUNT(merchant_id)"),
        ("features/payment_features", "12742.0176", "12742.0175"),
        ("features/payment_features", "MOD(local_hours / 24 + 3, 7)", "MOD(local_hours / 24, 7)"),
    ],
)
def test_a_wrong_formula_is_found(
    file: str, right: str, wrong: str, connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    def planted(name: str) -> str:
        text = feature_file(name)
        assert name != file or right in text
        return text.replace(right, wrong) if name == file else text

    write_as(connection, rows, planted)
    report = features_report(connection)
    assert not report.is_clean
    assert report.differences


def test_a_stream_without_the_late_split_is_found(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], rows: list[Row]
) -> None:
    # Late payments join their card's history, but not that of those computed before they came.
    store(connection, stored_by_a_stream(sent, is_split=False))
    assert mismatched(features_report(connection)) >= {"card_txn_count_24h", "previous_ms"}
    assert mismatched(log_report(connection, sent)) == {"is_late"}
    # Or an event-time window drops them without a word.
    store(connection, [row for row in rows if not row["is_late"]])
    assert len(log_report(connection, sent).unstored) == sum(row["is_late"] for row in rows)
    store(connection, rows)
    assert features_report(connection).is_clean and log_report(connection, sent).is_clean


def test_a_stream_that_ignores_the_numbers_of_copies_is_found(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], rows: list[Row]
) -> None:
    store(connection, stored_by_a_stream(sent, is_deduplicated=False))
    assert mismatched(features_report(connection)) >= {"card_txn_count_7d"}
    assert mismatched(log_report(connection, sent)) >= {"kafka_offset"}
    store(connection, rows)
    assert features_report(connection).is_clean and log_report(connection, sent).is_clean


def test_a_value_that_is_a_hair_off_is_named(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    store(connection, rows)
    name = next(row["transaction_id"] for row in rows if row["channel"] == "pos")
    connection.execute(
        "UPDATE stored_payments SET km_from_home = km_from_home * 1.00000001 "
        "WHERE transaction_id = ?",
        [name],
    )
    report = features_report(connection)
    assert mismatched(report) == {"km_from_home"} and not report.is_clean
    assert [difference.transaction_id for difference in report.differences] == [name]
    (found,) = (item for item in report.features if item.mismatched)
    assert found.mismatched == 1 and found.relative == pytest.approx(1e-8, rel=0.01)


def test_a_null_in_place_of_a_value_is_missing_and_the_reverse_is_extra(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    store(connection, rows)
    in_time = [row["transaction_id"] for row in rows if not row["is_late"]]
    late = [row["transaction_id"] for row in rows if row["is_late"]]
    connection.execute(
        "UPDATE stored_payments SET card_txn_count_5m = CASE WHEN is_late THEN 0 END "
        "WHERE transaction_id IN (?, ?)",
        [in_time[0], late[0]],
    )
    (found,) = (item for item in features_report(connection).features if item.mismatched)
    assert (found.name, found.mismatched, found.missing, found.extra) == (
        "card_txn_count_5m",
        2,
        1,
        1,
    )


def write_as(connection: duckdb.DuckDBPyConnection, rows: list[Row], read) -> None:  # type: ignore[no-untyped-def]
    """Store what a stream with other feature files would."""
    store(connection, rows)
    duckdb_engine.recompute(connection, read=read)
    names = ", ".join(f"{name} = r.{name}" for name in RECOMPUTED)
    connection.execute(
        f"UPDATE stored_payments AS s SET {names} FROM recomputed_features AS r "
        "WHERE s.transaction_id = r.transaction_id"
    )
