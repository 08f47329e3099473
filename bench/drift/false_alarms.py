"""Months in which nothing drifts."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pandas as pd
import psycopg

from bench.drift.simulated_days import (
    EPOCH,
    FEATURES,
    HISTORY_DAYS,
    count_days,
    features,
    manifest,
    note_bins,
    payments,
)
from simulator import World
from simulator.people import DAY_MS
from swipestream.drift.readings import Key, Reading, readings

TRAINED_DAYS, TESTED_DAYS, WATCHED_DAYS = 14, 10, 30
# So many that the quietest day has more than a thousand payments.
CUSTOMERS, MERCHANTS = 3_000, 300

# Nobody joins a simulated world, so its accounts do grow older: that is drift.
WATCHED = tuple(name for name in FEATURES if name != "account_age_days")

Month = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def month(seed: int, until: datetime) -> Month:
    """
    Days to learn from, days on which it is seen what is usual, and days to watch.

    :param until: midnight, UTC without a zone.
    """
    end_ms = int((until - EPOCH).total_seconds() * 1000)
    days = TRAINED_DAYS + TESTED_DAYS + WATCHED_DAYS
    world = World.generate(seed, CUSTOMERS, MERCHANTS, days=days, end_ms=end_ms)
    begin_ms = end_ms - days * DAY_MS
    rows = payments(world, begin_ms - HISTORY_DAYS * DAY_MS, end_ms)
    frame = features(world, rows, begin_ms)
    tested_ms = begin_ms + TRAINED_DAYS * DAY_MS
    watched_ms = tested_ms + TESTED_DAYS * DAY_MS
    is_trained = frame["event_ms"] < tested_ms
    is_watched = frame["event_ms"] >= watched_ms
    return frame[is_trained], frame[~is_trained & ~is_watched], frame[is_watched]


def watched(
    database: "psycopg.Connection[Any]", seeds: Sequence[int], until: datetime
) -> Iterator[tuple[int, dict[Key, list[Reading]]]]:
    """The readings of a month of each world."""
    with ThreadPoolExecutor(2) as pool:
        months = pool.map(lambda seed: month(seed, until), seeds)
        for seed, (trained, tested, after) in zip(seeds, months, strict=True):
            version, told = f"seed-{seed}", manifest(trained, tested, WATCHED)
            note_bins(database, version, told)
            count_days(database, version, told["feature_bins"], after)
            yield seed, readings(database, version)
