"""Parity agrees with a stream worked out by hand, and disagrees with any that has a bug."""

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from swipestream.verify.parity import duckdb_engine
from swipestream.verify.parity.columns import RECOMPUTED
from swipestream.verify.parity.feature_views import FEATURES_FILE, HISTORY_FILES, Read, sql_text
from swipestream.verify.parity.report import problems, remarks
from tests.verify.parity.checks import features_report, log_report, mismatched
from tests.verify.parity.stream_by_hand import (
    BEGIN_MS,
    DAYS_7,
    HOURS_24,
    KEPT,
    Row,
    fill,
    in_partitions,
    messages,
    open_database,
    outcomes,
    payment_of,
    store,
    stored_by_a_stream,
    stored_with_hindsight,
    usual_cents,
)

(CARD_ACTIVITY,) = HISTORY_FILES


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
    times = [(row["card_id"], row["event_ms"]) for row in rows]
    assert len(times) - len(set(times)) > 20
    behind = [row["came_behind_ms"] for row in rows]
    assert sum(0 < ms <= 2 * HOURS_24 for ms in behind) > 10
    assert sum(ms > 2 * HOURS_24 for ms in behind) > 5
    told = [row["outcome"] for row in outcomes(sent)]
    assert {outcome: told.count(outcome) > 0 for outcome in told} == dict.fromkeys(
        ("new", "copy", "conflict", "too_old"), True
    )


def test_a_correct_stream_has_no_mismatch(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], rows: list[Row]
) -> None:
    store(connection, rows)
    report = features_report(connection)
    assert mismatched(report) == set() and report.is_clean
    assert {item.name for item in report.features} == set(RECOMPUTED)
    assert all(item.compared == len(rows) for item in report.features)
    log = log_report(connection, outcomes(sent))
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
        tied.setdefault((row["card_id"], row["event_ms"]), []).append(row)
    pairs = [group for group in tied.values() if len(group) == 2]
    assert all(row["previous_ms"] == row["event_ms"] for _, row in pairs)
    assert all(row["card_txn_count_5m"] > 0 for _, row in pairs)
    # Equals swapped: the first is said to follow the second.
    first, second = pairs[0]
    swapped = {
        first["transaction_id"]: first | {"kafka_offset": second["kafka_offset"]},
        second["transaction_id"]: second | {"kafka_offset": first["kafka_offset"]},
    }
    store(connection, [swapped.get(row["transaction_id"], row) for row in rows])
    assert mismatched(features_report(connection)) >= {"previous_ms", "card_txn_count_5m"}


def test_a_history_in_order_needs_no_views_of_cards(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    newest: dict[str, int] = {}
    in_order = []
    for row in sent:
        if row["event_ms"] > newest.get(row["card_id"], 0):
            newest[row["card_id"]] = row["event_ms"]
            in_order.append(row)
    store(connection, stored_by_a_stream(in_order))
    assert features_report(connection).is_clean
    assert connection.execute("SELECT COUNT(*) FROM touched_payments").fetchone() == (0,)
    assert connection.execute("SELECT COUNT(*) FROM payments_checked").fetchone() == (
        len(in_order),
    )


@pytest.mark.parametrize("behind_ms", [2 * HOURS_24, 2 * HOURS_24 + 1, DAYS_7])
def test_a_payment_far_behind_sees_what_its_card_still_kept(
    behind_ms: int, connection: duckdb.DuckDBPyConnection
) -> None:
    draws = random.Random(1)
    newest_ms = BEGIN_MS + 2 * KEPT
    times = [newest_ms - KEPT - 1, newest_ms - KEPT, newest_ms, newest_ms - behind_ms]
    payments = [payment_of(draws, 0, number, at_ms) for number, at_ms in enumerate(times)]
    rows = stored_by_a_stream(in_partitions([row | {"sent_ms": newest_ms} for row in payments]))
    store(connection, rows)
    assert features_report(connection).is_clean
    first, second = (usual_cents([row["amount_cents"]]) for row in payments[:2])
    assert [row["card_usual_cents_30d"] for row in rows] == [None, first, None, second]
    assert rows[-1]["came_behind_ms"] == behind_ms


def test_only_payments_since_then_are_compared_with_all_their_history(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    since_ms = max(row["event_ms"] for row in rows) - 2 * DAYS_7
    store(connection, rows)
    report = features_report(connection, since_ms)
    assert report.is_clean
    assert 0 < report.payments == sum(row["event_ms"] >= since_ms for row in rows) < len(rows)


def test_payments_of_an_earlier_version_are_history_and_not_compared(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    # As an earlier version left them, which gave late payments no history.
    until = sorted(row["event_ms"] for row in rows)[len(rows) // 2]
    none = {name: None for name in rows[0] if name.startswith(("came_", "card_txn", "previous_"))}
    store(connection, [row | none if row["event_ms"] < until else row for row in rows])
    report = features_report(connection)
    assert report.is_clean
    assert report.payments == sum(row["event_ms"] >= until for row in rows)


@pytest.mark.parametrize(
    ("name", "window", "shorter"),
    [
        ("5m", "INTERVAL '5' MINUTE", "INTERVAL '299.999' SECOND"),
        ("24h", "INTERVAL '24' HOUR", "INTERVAL '86399.999' SECOND"),
        ("24h", "INTERVAL '24' HOUR", "INTERVAL '25' HOUR"),
        ("7d", "INTERVAL '7' DAY", "INTERVAL '604799.999' SECOND"),
    ],
)
def test_a_window_of_another_length_is_found(
    name: str,
    window: str,
    shorter: str,
    connection: duckdb.DuckDBPyConnection,
    rows: list[Row],
) -> None:
    write_as(connection, rows, planted(CARD_ACTIVITY, window, shorter))
    found = mismatched(features_report(connection))
    assert found >= {f"card_txn_count_{name}", f"card_amount_cents_{name}"}
    assert not any(column.startswith("card_") and not column.endswith(name) for column in found)
    write_as(connection, rows, sql_text)
    assert features_report(connection).is_clean


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        (CARD_ACTIVITY, "MAX(event_ms)", "MIN(event_ms)"),
        (CARD_ACTIVITY, "COUNT(*) OVER last_24h - 1", "COUNT(*) OVER last_24h"),
        (CARD_ACTIVITY, "SUM(amount_cents) OVER last_5m - ", "SUM(amount_cents) OVER last_24h - "),
        (CARD_ACTIVITY, "COUNT(DISTINCT merchant_id) OVER last_7d", "COUNT(*) OVER last_7d"),
        (CARD_ACTIVITY, "<= 604800000 THEN LAG(event_ms)", "< 604800000 THEN LAG(event_ms)"),
        (CARD_ACTIVITY, "THEN LAG(latitude) OVER payments", "THEN LAG(latitude, 2) OVER payments"),
        (CARD_ACTIVITY, "ORDER BY event_ms, kafka_offset", "ORDER BY event_ms, kafka_offset DESC"),
        (FEATURES_FILE, "12742.0176", "12742.0175"),
        (FEATURES_FILE, "MOD(local_hours / 24 + 3, 7)", "MOD(local_hours / 24, 7)"),
    ],
)
def test_a_wrong_formula_is_found(
    file: str, right: str, wrong: str, connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    write_as(connection, rows, planted(file, right, wrong))
    report = features_report(connection)
    assert not report.is_clean
    assert report.differences


def test_a_stream_that_knows_what_came_later_is_found(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    store(connection, stored_with_hindsight(sent))
    assert mismatched(features_report(connection)) >= {
        "card_txn_count_5m",
        "card_txn_count_24h",
        "card_amount_cents_7d",
        "card_merchant_count_7d",
    }


def test_a_stream_that_lets_payments_behind_be_in_nobodys_history_is_found(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], rows: list[Row]
) -> None:
    in_order = stored_by_a_stream(
        [row for row in rows if row["came_behind_ms"] == 0 and row["outcome"] == "new"]
    )
    behind = [row for row in rows if row["came_behind_ms"]]
    store(connection, [*in_order, *behind])
    assert mismatched(features_report(connection)) >= {"card_txn_count_7d", "card_amount_cents_7d"}
    # Or it drops them without a word.
    store(connection, in_order)
    assert len(log_report(connection, outcomes(sent)).unstored) == len(behind)


def test_a_stream_that_scores_copies_is_found(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    store(connection, stored_by_a_stream(sent, is_deduplicated=False))
    assert mismatched(features_report(connection)) >= {"card_txn_count_7d"}
    report = log_report(connection, outcomes(sent, is_deduplicated=False))
    assert len(report.misjudged) > 5
    assert all(" is scored, should be " in line for line in report.misjudged)


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
    with_one = next(row["transaction_id"] for row in rows if row["previous_ms"] is not None)
    without = next(row["transaction_id"] for row in rows if row["previous_ms"] is None)
    connection.execute(
        "UPDATE stored_payments SET previous_ms = CASE WHEN previous_ms IS NULL THEN 0 END "
        "WHERE transaction_id IN (?, ?)",
        [with_one, without],
    )
    (found,) = (item for item in features_report(connection).features if item.mismatched)
    assert (found.name, found.mismatched, found.missing, found.extra) == ("previous_ms", 2, 1, 1)


def test_of_views_without_end_a_part_is_looked_at_and_the_rest_is_said(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    store(connection, rows)
    few = planted(
        "as_of_arrival/touched_payments", "<= 5000000 AS is_answered", "<= 500 AS is_answered"
    )
    report = features_report(connection, read=few)
    assert report.is_clean and problems(report) == []
    touched = connection.execute("SELECT COUNT(*) FROM touched_payments").fetchone()
    assert touched and 0 < report.left_out < touched[0]
    assert all(item.compared == len(rows) - report.left_out for item in report.features)
    assert f"{report.left_out:,} payments were left out" in remarks(report)[0]


def planted(file: str, right: str, wrong: str) -> Read:
    """Files of which one has a mistake."""

    def read(name: str) -> str:
        text = sql_text(name)
        assert name != file or right in text
        return text.replace(right, wrong) if name == file else text

    return read


def write_as(connection: duckdb.DuckDBPyConnection, rows: list[Row], read: Read) -> None:
    """Store what a stream with other feature files would."""
    store(connection, rows)
    duckdb_engine.recompute(connection, read)
    fill(connection, "recomputed_features", RECOMPUTED)
