"""Days of simulated payments as counts by bin, without a stream: what the views make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from simulator import World
from simulator.columns import CHANNELS, ONLINE_CHANNEL, Columns
from simulator.genuine import MINUTE_MS, genuine_payments, local_hour
from simulator.habits import Habits
from simulator.people import DAY_MS, opened_ms
from swipestream.database.queries import query
from swipestream.models.feature_bins import bin_rows
from training.card.feature_facts import Bins, feature_bins, shares_in, usual_drift

EPOCH = datetime(1970, 1, 1)
NUMBERS = (
    *("amount_cents", "local_hour", "local_weekday", "is_night", "is_usual_device"),
    *("account_age_days", "seconds_since_previous", "card_amount_cents_24h"),
)
TEXTS = ("channel", "merchant_category")
FEATURES = (*NUMBERS, *TEXTS)
# A card's history is a week, so the first days are only that.
HISTORY_DAYS = 8


def payments(world: World, from_ms: int, to_ms: int, habits: Habits | None = None) -> Columns:
    """The genuine payments of a time, of people with these habits; in order of time."""
    setting = world.setting if habits is None else replace(world.setting, habits=habits)
    return genuine_payments(setting, from_ms, to_ms).in_order()


def features(world: World, rows: Columns, from_ms: int) -> pd.DataFrame:
    """
    Some of the model's features, as the SQL would compute them.

    :param rows: in order of time; those before ``from_ms`` are only history.
    :param from_ms: UTC epoch milliseconds.
    """
    people, shops, habits = world.setting.people, world.setting.shops, world.setting.habits
    offset = people.utc_offset_minutes[rows.customer]
    hour = local_hour(rows.event_ms, offset)
    is_online = rows.channel == ONLINE_CHANNEL
    is_usual = (rows.device == people.usual_device[rows.customer]).astype(np.float64)
    frame = pd.DataFrame(
        {
            "event_ms": rows.event_ms,
            "customer": rows.customer,
            "amount_cents": rows.amount_cents.astype(np.float64),
            "local_hour": hour.astype(np.float64),
            "local_weekday": ((rows.event_ms + offset * MINUTE_MS) // DAY_MS + 3) % 7 * 1.0,
            "is_night": (hour < 6).astype(np.float64),
            "is_usual_device": np.where(is_online, is_usual, np.nan),
            "account_age_days": (
                (rows.event_ms - opened_ms(people, world.arguments.end_ms)[rows.customer]) / DAY_MS
            ),
            "channel": np.array(CHANNELS, dtype=object)[rows.channel],
            "merchant_category": np.array(habits.categories, dtype=object)[
                shops.category[rows.merchant]
            ],
        }
    )
    by_card = frame.groupby("customer")
    gap = by_card["event_ms"].diff() / 1000
    frame["seconds_since_previous"] = gap.where(gap <= 7 * DAY_MS / 1000)
    before = by_card["amount_cents"].shift()
    frame["card_amount_cents_24h"] = before.where(gap <= DAY_MS / 1000).fillna(0.0)
    return frame[frame["event_ms"] >= from_ms]


def manifest(
    trained: pd.DataFrame, later: pd.DataFrame, names: Sequence[str] = FEATURES
) -> dict[str, Any]:
    """What a bundle would say of these features, each as important as the others."""
    bins = feature_bins(trained, names)
    return {
        "features": [{"name": name, "importance": 1 / len(names)} for name in names],
        "feature_bins": bins,
        "usual_drift": usual_drift(bins, later),
    }


def note_bins(database: "psycopg.Connection[Any]", version: str, told: Mapping[str, Any]) -> None:
    """Store a model's bins as a promotion does."""
    with database.cursor() as cursor:
        cursor.executemany(
            query("note_feature_bins"),
            [{"model_version": version, **row} for row in bin_rows(told)],
        )


def count_days(
    database: "psycopg.Connection[Any]",
    version: str,
    bins: Mapping[str, Bins],
    frame: pd.DataFrame,
) -> None:
    """Store how many payments of each day are in which bin, as refresh_roll_ups does."""
    day = frame["event_ms"].to_numpy() // DAY_MS
    rows: list[Sequence[Any]] = []
    for number in np.unique(day):
        part = frame[day == number]
        at = EPOCH + timedelta(days=int(number))
        for name in bins:
            counts = np.rint(shares_in(bins[name], part[name]) * len(part)).astype(int)
            rows += [
                (at, version, name, place, int(count))
                for place, count in enumerate(counts)
                if count
            ]
    copied = "COPY dashboards.feature_counts FROM STDIN"
    with database.cursor() as cursor, cursor.copy(copied) as copy:
        for row in rows:
            copy.write_row(row)
