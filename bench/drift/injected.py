"""A world on four of whose days something is different, in ways that are known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from bench.drift.simulated_days import EPOCH, HISTORY_DAYS, features, manifest, payments
from simulator import World
from simulator.columns import joined
from simulator.drift import changed
from simulator.people import DAY_MS

TRAINED_DAYS, TESTED_DAYS, CALM_DAYS, DRIFTED_DAYS = 14, 8, 4, 4
DAYS = TRAINED_DAYS + TESTED_DAYS + CALM_DAYS + DRIFTED_DAYS
# Features that need what the lookup of customers gives.
OF_CUSTOMERS = ("account_age_days", "local_hour", "local_weekday", "is_night", "is_usual_device")
SCAM_SHARE = 0.05


@dataclass(frozen=True)
class Days:
    """
    A world before and after.

    :param told: what the champion's bundle says.
    :param calm: days after its training on which nothing has changed.
    """

    world: World
    told: dict[str, Any]
    calm: pd.DataFrame

    @property
    def begin(self) -> datetime:
        """When the drift begins, UTC without a zone."""
        return EPOCH + timedelta(milliseconds=self.begin_ms)

    @property
    def begin_ms(self) -> int:
        """The same in epoch milliseconds."""
        return self.world.arguments.end_ms - DRIFTED_DAYS * DAY_MS

    def after(self, habit: str = "amounts", factor: float = 1.0) -> pd.DataFrame:
        """The days from then on, of people with one habit changed."""
        world = self.world
        habits = changed(world.setting.habits, habit, factor)
        before = payments(world, self.begin_ms - HISTORY_DAYS * DAY_MS, self.begin_ms)
        after = payments(world, self.begin_ms, world.arguments.end_ms, habits)
        return features(world, joined([before, after]).in_order(), self.begin_ms)


def make_days(seed: int, customers: int, merchants: int, until: datetime) -> Days:
    """
    Make the world and learn what is usual in it.

    :param until: midnight, UTC without a zone; the drift ends then.
    """
    end_ms = int((until - EPOCH).total_seconds() * 1000)
    world = World.generate(seed, customers, merchants, days=DAYS, end_ms=end_ms)
    begin_ms = end_ms - DRIFTED_DAYS * DAY_MS
    from_ms = end_ms - DAYS * DAY_MS
    rows = payments(world, from_ms - HISTORY_DAYS * DAY_MS, begin_ms)
    frame = features(world, rows, from_ms)
    calm_ms = begin_ms - CALM_DAYS * DAY_MS
    tested_ms = calm_ms - TESTED_DAYS * DAY_MS
    event_ms = frame["event_ms"]
    trained = frame[event_ms < tested_ms]
    tested = frame[(event_ms >= tested_ms) & (event_ms < calm_ms)]
    return Days(world, manifest(trained, tested), frame[event_ms >= calm_ms])


def nothing(days: Days) -> pd.DataFrame:
    """Nothing has changed."""
    return days.after()


def wallet(days: Days) -> pd.DataFrame:
    """A new wallet: many pay with a device that the bank does not know."""
    return days.after("devices.new_share", 20)


def prices(days: Days) -> pd.DataFrame:
    """Prices rise by half."""
    return days.after("amounts", 1.5)


def scam(days: Days) -> pd.DataFrame:
    """A new fraud: one payment in twenty is for gift cards, by a new device."""
    frame = days.after()
    chosen = np.random.default_rng(1).random(len(frame)) < SCAM_SHARE
    frame.loc[chosen, ["channel", "merchant_category"]] = ["online", "gift_cards"]
    frame.loc[chosen, "is_usual_device"] = 0.0
    return frame


def lookup(days: Days) -> pd.DataFrame:
    """A lookup returns nothing: that of customers."""
    return days.after().assign(**dict.fromkeys(OF_CUSTOMERS, np.nan))


DRIFTS: tuple[Callable[[Days], pd.DataFrame], ...] = (nothing, wallet, prices, scam, lookup)
