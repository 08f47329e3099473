"""Twenty worlds in which nothing drifts: a month of each, and at most one alarm in all of them."""

from bench.drift.false_alarms import WATCHED, WATCHED_DAYS, watched
from swipestream.drift.firing import firings
from tests.drift.conftest import Database, midnight

SEEDS = range(20)


def test_at_most_one_false_alarm_in_twenty_months(database: Database) -> None:
    alarms, judged = [], 0
    for seed, found in watched(database, SEEDS, midnight()):
        for key, rows in found.items():
            judged += sum(reading.is_enough for reading in rows)
            alarms += [(seed, *key, one.fired_at) for one in firings(rows)]
    # Every feature of every day was judged, and the features together.
    assert judged >= len(SEEDS) * WATCHED_DAYS * (len(WATCHED) + 1)
    assert len(alarms) <= 1, alarms
