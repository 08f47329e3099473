"""Trips: some people are away for days and pay there, so far from home is not yet fraud."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.draws import ArrayDraws, Integers
from simulator.habits import Habits
from simulator.people import DAY_MS, People
from simulator.places import Cities
from simulator.portable_math import Floats

# Above the largest number of milliseconds of any world, so that (customer, time) is one number.
SPAN = 1 << 40
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Trips:
    """All trips, sorted by customer and begin; no two of one customer overlap."""

    customer: Integers
    city: Integers
    begin_ms: Integers
    end_ms: Integers
    # On the way from `leave_ms` to `begin_ms` and from `end_ms` to `back_ms`.
    leave_ms: Integers
    back_ms: Integers
    origin_ms: int

    def at(self, customer: Integers, event_ms: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """
        Where each customer is at a time.

        :return: index of the trip, or -1 at home; and whether on the way to it or back.
        """
        if not len(self.customer):
            return np.full(len(customer), -1), np.zeros(len(customer), bool)
        begins = self.customer * SPAN + (self.leave_ms - self.origin_ms)
        wanted = customer * SPAN + (event_ms - self.origin_ms)
        trip = np.searchsorted(begins, wanted, side="right") - 1
        found = np.maximum(trip, 0)
        away = (trip >= 0) & (self.customer[found] == customer) & (event_ms < self.back_ms[found])
        there = (event_ms >= self.begin_ms[found]) & (event_ms < self.end_ms[found])
        return np.where(away, found, -1), away & ~there


def make_trips(people: People, cities: Cities, habits: Habits, begin_ms: int, end_ms: int) -> Trips:
    """
    Draw the trips that touch the time from begin to end.

    :param begin_ms: UTC epoch milliseconds, as `end_ms`.
    """
    draws = ArrayDraws(people.seed, "trips")
    days = (end_ms - begin_ms) / DAY_MS
    habit = habits.segment_trips[people.segment] * draws.lognormal(len(people), 1.2)
    count = int(np.rint(np.cumsum(habit)[-1] * days / 90))
    customer = draws.weighted(count, habit)
    low, high = habits.travel["days"]
    length = low + (high - low) * draws.uniform(count)
    begin = begin_ms + np.floor(draws.uniform(count) * (end_ms - begin_ms)).astype(np.int64)
    end = begin + np.floor(length * DAY_MS).astype(np.int64)
    city = _destinations(draws, people.city[customer], cities, habits)
    way = cities.distance[people.city[customer], city] / 650 * HOUR_MS + 1.5 * HOUR_MS
    way_ms = np.floor(way).astype(np.int64)
    order = np.lexsort((begin, customer))
    customer, city, begin, end = customer[order], city[order], begin[order], end[order]
    way_ms = way_ms[order]
    keep = city != people.city[customer]
    # Drop a trip that begins before the one before it is over.
    busy_until = -1
    last = -1
    for i, (who, leave, back) in enumerate(
        zip(customer.tolist(), (begin - way_ms).tolist(), (end + way_ms).tolist(), strict=True)
    ):
        if not keep[i]:
            continue
        if who == last and leave < busy_until:
            keep[i] = False
            continue
        last, busy_until = who, back
    return Trips(
        customer=customer[keep],
        city=city[keep],
        begin_ms=begin[keep],
        end_ms=end[keep],
        leave_ms=(begin - way_ms)[keep],
        back_ms=(end + way_ms)[keep],
        origin_ms=begin_ms - 60 * DAY_MS,
    )


def _destinations(draws: ArrayDraws, home: Integers, cities: Cities, habits: Habits) -> Integers:
    """A city abroad or at home; near ones more often."""
    count = len(home)
    abroad = draws.uniform(count) < habits.travel["abroad"]
    nearness: Floats = 1 / (cities.distance + 400)
    same = cities.country[:, None] == cities.country[None, :]
    identity = np.eye(len(cities), dtype=bool)
    result = np.empty(count, np.int64)
    for leaves in (True, False):
        weights = nearness * (~same if leaves else same & ~identity)
        # A country with one city: leave it.
        lonely = np.cumsum(weights, axis=1)[:, -1] == 0
        weights[lonely] = (nearness * ~same)[lonely]
        steps = np.cumsum(weights, axis=1)
        rows = np.flatnonzero(abroad == leaves)
        uniform = draws.uniform(len(rows)) * steps[home[rows], -1]
        result[rows] = (uniform[:, None] >= steps[home[rows]]).sum(axis=1)
    return result
