"""The snapshots' SQL agrees with counting by hand, in DuckDB and in Postgres."""

import random

import pytest

from swipestream.followers.merchant_risk import HOUR_MS, refresh
from tests.followers.merchant_risk.by_hand import (
    BEGIN_MS,
    DAY_MS,
    History,
    Paid,
    Said,
    SnapshotsInDuckdb,
    history,
    risk_by_hand,
)
from tests.followers.merchant_risk.conftest import RiskDatabase

MERCHANTS = [f"m{number}" for number in range(5)]


def places(seed: int, days: int, count: int) -> list[tuple[str, int]]:
    """Random merchants and full hours."""
    draws = random.Random(seed)
    return [
        (draws.choice(MERCHANTS), BEGIN_MS + draws.randrange(days * 24) * HOUR_MS)
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_duckdb_agrees_with_counting(seed: int) -> None:
    events = history(seed)
    snapshots = SnapshotsInDuckdb(events)
    for merchant, hour_ms in places(seed, 140, 300):
        expected = risk_by_hand(events, merchant, hour_ms)
        assert snapshots.at(merchant, hour_ms) == expected, (merchant, hour_ms)


@pytest.mark.stack
def test_postgres_refreshed_step_by_step_agrees_with_duckdb(risk_database: RiskDatabase) -> None:
    events = history(3, payments=600, days=50)
    risk_database.fill(events)
    snapshots = SnapshotsInDuckdb(events)
    draws = random.Random(3)
    hour_ms = BEGIN_MS
    # Mostly hour by hour, sometimes after a gap that has to be made up for.
    for _ in range(120):
        hour_ms += draws.choice([1, 1, 1, 2, 30]) * HOUR_MS
        assert refresh(risk_database.connection, hour_ms)
    assert hour_ms > BEGIN_MS + 29 * DAY_MS
    for merchant in MERCHANTS:
        for at_ms in range(BEGIN_MS + 33 * HOUR_MS, hour_ms + 1, 5 * HOUR_MS):
            assert risk_database.at(merchant, at_ms) == snapshots.at(merchant, at_ms), at_ms
        assert risk_database.at(merchant, hour_ms + HOUR_MS) is None


@pytest.mark.stack
def test_a_planted_label_of_the_future_is_not_seen(risk_database: RiskDatabase) -> None:
    hour_ms = BEGIN_MS + 3 * DAY_MS
    paid = [Paid(f"p{number}", "m1", BEGIN_MS + number * HOUR_MS) for number in range(8)]
    risk_database.fill(History(paid, [Said("p3", hour_ms + 1, "planted", True)]))
    refresh(risk_database.connection, hour_ms)
    assert risk_database.recent("m1", hour_ms) == (0, 8, 8, None, 0.0, 0.0, None)
    refresh(risk_database.connection, hour_ms + HOUR_MS)
    known = risk_database.recent("m1", hour_ms + HOUR_MS)
    assert known == (0, 8, 8, None, 0.125, 0.125, paid[3].event_ms)
    # The hour before stays as payments were scored by it.
    assert risk_database.recent("m1", hour_ms) == (0, 8, 8, None, 0.0, 0.0, None)


@pytest.mark.stack
def test_payments_and_labels_that_come_late_count_from_the_next_refresh_on(
    risk_database: RiskDatabase,
) -> None:
    hour_ms = BEGIN_MS + 2 * DAY_MS
    risk_database.pay(Paid("p1", "m1", BEGIN_MS + 1))
    risk_database.say(Said("p2", BEGIN_MS + 5, "bank", True))
    refresh(risk_database.connection, hour_ms)
    assert risk_database.recent("m1", hour_ms) == (0, 1, 1, None, 0.0, 0.0, None)
    # Its label was there before it.
    risk_database.pay(Paid("p2", "m1", BEGIN_MS + 2), stored_ms=hour_ms + 60_000)
    risk_database.pay(Paid("p3", "m1", BEGIN_MS + 3), stored_ms=hour_ms + 120_000)
    refresh(risk_database.connection, hour_ms + HOUR_MS)
    expected = (0, 3, 3, None, 1 / 3, 1 / 3, BEGIN_MS + 2)
    assert risk_database.recent("m1", hour_ms + HOUR_MS) == expected
    # Nothing is counted twice when the hour of storing is counted again.
    refresh(risk_database.connection, hour_ms + 2 * HOUR_MS)
    assert risk_database.recent("m1", hour_ms + 2 * HOUR_MS) == expected


@pytest.mark.stack
def test_a_label_speaks_of_both_payments_of_a_number(risk_database: RiskDatabase) -> None:
    hour_ms = BEGIN_MS + DAY_MS
    risk_database.pay(Paid("p1", "m1", BEGIN_MS + 1), card="c1")
    risk_database.pay(Paid("p1", "m1", BEGIN_MS + 1), card="c2")
    risk_database.pay(Paid("p1", "m2", BEGIN_MS + 2), card="c3")
    risk_database.say(Said("p1", BEGIN_MS + 5, "bank", True))
    refresh(risk_database.connection, hour_ms)
    assert risk_database.recent("m1", hour_ms) == (2, 2, 2, 1.0, 1.0, 1.0, BEGIN_MS + 1)
    assert risk_database.recent("m2", hour_ms) == (1, 1, 1, 1.0, 1.0, 1.0, BEGIN_MS + 2)
    # And is taken back from both.
    risk_database.say(Said("p1", BEGIN_MS + 6, "bank", False))
    refresh(risk_database.connection, hour_ms + HOUR_MS)
    assert risk_database.recent("m1", hour_ms + HOUR_MS) == (0, 2, 2, None, 0.0, 0.0, None)


@pytest.mark.stack
def test_an_hour_is_made_once_and_only_news_are_stored(risk_database: RiskDatabase) -> None:
    risk_database.pay(Paid("p1", "m1", BEGIN_MS))
    assert refresh(risk_database.connection, BEGIN_MS)
    assert refresh(risk_database.connection, BEGIN_MS) is None
    refresh(risk_database.connection, BEGIN_MS + 40 * DAY_MS)
    rows = risk_database.connection.execute(
        "SELECT valid_from_ms, txn_count_1d, txn_count_28d FROM merchant_risk ORDER BY 1"
    ).fetchall()
    # Then it leaves a window, or enters or leaves a mature one.
    after = [(days, 0, 1) for days in (1, 7, 8, 14)] + [(days, 0, 0) for days in (28, 35)]
    assert rows == [(BEGIN_MS, 1, 1), *((BEGIN_MS + d * DAY_MS, *counts) for d, *counts in after)]


@pytest.mark.stack
def test_the_look_up_reads_by_index(risk_database: RiskDatabase) -> None:
    risk_database.connection.execute(
        "INSERT INTO merchant_risk SELECT 'm' || m, h, h + 1, 0, 0, 0 "
        "FROM generate_series(1, 200) AS m, generate_series(1, 100) AS h"
    )
    risk_database.connection.execute(
        "INSERT INTO merchant_risk_hours "
        "SELECT h * 3600000::bigint FROM generate_series(1, 1000) AS h"
    )
    risk_database.connection.execute("ANALYZE merchant_risk, merchant_risk_hours")
    for question in (
        "SELECT txn_count_1d FROM merchant_risk_hourly "
        "WHERE merchant_id = 'm7' AND hour_ms = 3600000",
        "SELECT txn_counts_1d FROM merchant_risk_days "
        "WHERE merchant_id = 'm7' AND day_ms = 86400000",
    ):
        plan = risk_database.connection.execute(f"EXPLAIN {question}".encode()).fetchall()
        text = "\n".join(str(line[0]) for line in plan)
        assert "Seq Scan" not in text, text
