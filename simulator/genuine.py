"""What card holders do themselves: when, where, for what and how much."""

from dataclasses import dataclass

import numpy as np

from simulator.columns import ATM, NO_EPISODE, ONLINE_CHANNEL, POS, Columns
from simulator.draws import ArrayDraws, Integers, Mask, Words, mixed_uniform
from simulator.habits import Habits
from simulator.people import DAY_MS, REGULAR, People
from simulator.places import Cities
from simulator.portable_math import Floats, exp
from simulator.shops import Shops
from simulator.trips import HOUR_MS, Trips

MINUTE_MS = 60_000
# The epoch began on a Thursday.
EPOCH_WEEKDAY = 3
# 4 to 10 shops of a kind are somebody's regular ones; the first is visited most.
REGULAR_SLOTS = 5


@dataclass(frozen=True)
class Setting:
    """Everything that is there before the first payment."""

    seed: int
    habits: Habits
    cities: Cities
    people: People
    shops: Shops
    trips: Trips


def local_hour(event_ms: Integers, utc_offset_minutes: Integers) -> Integers:
    """Hour of the day, 0 to 23, at a place that far ahead of UTC."""
    return (event_ms + utc_offset_minutes * MINUTE_MS) // HOUR_MS % 24


def whereabouts(
    setting: Setting, customer: Integers, event_ms: Integers
) -> tuple[Integers, Integers, Mask]:
    """
    :return: index of the trip or -1; index of the city; whether travelling at that moment.
    """
    trip, travelling = setting.trips.at(customer, event_ms)
    home = setting.people.city[customer]
    if not len(setting.trips.customer):
        return trip, home, travelling
    return trip, np.where(trip >= 0, setting.trips.city[np.maximum(trip, 0)], home), travelling


def outings(
    setting: Setting, draws: ArrayDraws, begin_ms: int, end_ms: int
) -> tuple[Integers, Integers]:
    """
    When somebody goes shopping.

    :return: customer and UTC epoch milliseconds of each payment, in no order.
    """
    habits, people, trips = setting.habits, setting.people, setting.trips
    sizes = np.array(habits.payments["outing_sizes"])
    mean_size = float(np.cumsum(sizes * np.arange(1, len(sizes) + 1))[-1])
    # A day more on either side, because local days begin and end at other times.
    days = (end_ms - begin_ms) // DAY_MS + 3
    first_day = begin_ms // DAY_MS - 1
    count = int(np.rint(np.cumsum(people.pace)[-1] * days / mean_size))
    customer = draws.weighted(count, people.pace)
    weekday = (first_day + np.arange(days) + EPOCH_WEEKDAY) % 7
    day = draws.weighted(count, habits.weekday_activity[weekday])
    local = _local_moments(setting, draws, customer, (first_day + day) * DAY_MS)
    event_ms = local - people.utc_offset_minutes[customer] * MINUTE_MS

    if len(trips.customer):
        more = (habits.travel["pace"] - 1) * people.pace[trips.customer] / mean_size
        length = (trips.end_ms - trips.begin_ms) / DAY_MS
        extra = draws.weighted(int(np.rint(np.cumsum(more * length)[-1])), more * length)
        moment = trips.begin_ms[extra] + np.floor(
            draws.uniform(len(extra)) * (trips.end_ms - trips.begin_ms)[extra]
        ).astype(np.int64)
        traveller = trips.customer[extra]
        customer = np.concatenate([customer, traveller])
        offset = people.utc_offset_minutes[traveller] * MINUTE_MS
        midnight = (moment + offset) // DAY_MS * DAY_MS
        local = _local_moments(setting, draws, traveller, midnight)
        event_ms = np.concatenate([event_ms, local - offset])

    # Away from home they live by the clock of the place.
    trip, city, _ = whereabouts(setting, customer, event_ms)
    shift = people.utc_offset_minutes[customer] - setting.cities.utc_offset_minutes[city]
    event_ms = event_ms + np.where(trip >= 0, shift, 0) * MINUTE_MS

    size = draws.weighted(len(customer), sizes) + 1
    customer, begin = np.repeat(customer, size), np.repeat(event_ms, size)
    position = np.arange(len(customer)) - np.repeat(np.cumsum(size) - size, size)
    low, high = habits.payments["outing_gap_minutes"]
    spread = draws.uniform(len(customer))
    gap = np.where(position > 0, low + (high - low) * spread * spread, 0) * MINUTE_MS
    steps = np.cumsum(np.rint(gap).astype(np.int64))
    event_ms = begin + steps - np.repeat(steps[np.cumsum(size) - size], size)
    inside = (event_ms >= begin_ms) & (event_ms < end_ms)
    return customer[inside], event_ms[inside]


def _local_moments(
    setting: Setting, draws: ArrayDraws, customer: Integers, midnight: Integers
) -> Integers:
    """A moment of the day for each customer, as their segment keeps hours; local milliseconds."""
    activity = np.cumsum(setting.habits.hour_activity, axis=1)
    segment = setting.people.segment[customer]
    uniform = draws.uniform(len(customer))
    hour = np.empty(len(customer), np.int64)
    for kind in range(len(activity)):
        rows = segment == kind
        steps = activity[kind]
        hour[rows] = np.searchsorted(steps, uniform[rows] * steps[-1], side="right").clip(max=23)
    within = np.floor(draws.uniform(len(customer)) * HOUR_MS).astype(np.int64)
    moment: Integers = midnight + hour * HOUR_MS + within
    return moment


def payments_at(
    setting: Setting, draws: ArrayDraws, customer: Integers, event_ms: Integers
) -> Columns:
    """
    What each customer buys at each time. Who is travelling then buys nothing in a shop.

    :param customer: any number of times each.
    :param event_ms: UTC epoch milliseconds.
    :return: at most as many payments, in the same order.
    """
    habits, people, shops = setting.habits, setting.people, setting.shops
    count = len(customer)
    options = habits.payments
    trip, city, travelling = whereabouts(setting, customer, event_ms)
    offset = setting.cities.utc_offset_minutes[city]
    hour = local_hour(event_ms, offset)
    segment = people.segment[customer]

    category = _categories(habits, segment * 24 + hour, draws.uniform(count))
    favourite = draws.uniform(count) < options["favourite"]
    slot = np.floor(draws.uniform(count) * 3).astype(np.int64)
    category = np.where(favourite, people.favourites[customer, slot], category)

    wish = habits.online[category] * people.online[customer]
    # Away from home more is paid in shops.
    wish = np.where(habits.online[category] < 1, wish * np.where(trip >= 0, 0.6, 1), 1)
    is_online = draws.uniform(count) < wish.clip(max=0.97) + (habits.online[category] >= 1)
    is_cash = category == habits.category("cash")

    # Online only what somebody sells online.
    online_pool = shops.pool(np.full(count, -1), category)
    is_online &= ~is_cash & (shops.pool_size[online_pool] > 0)
    pool = np.where(is_online, online_pool, shops.pool(city, category))
    regular = draws.uniform(count) < options["regular"]
    choice = draws.uniform(count)
    favour = draws.uniform(count)
    rank = np.floor(favour * favour * REGULAR_SLOTS).astype(np.int64)
    usual = mixed_uniform(people.numbers[customer] * REGULAR_SLOTS + rank, REGULAR)
    # Another shop for each kind of goods and each city.
    usual = (usual + pool * 0.618033988749895) % 1.0
    merchant = shops.pick(pool, np.where(regular, usual, choice))
    # A substitute sells something else.
    category = shops.category[merchant]
    is_cash = category == habits.category("cash")

    amount_cents = _amounts(setting, draws, customer, merchant, category, is_cash)
    channel = np.where(is_online, ONLINE_CHANNEL, np.where(is_cash, ATM, POS))
    latitude, longitude = shops.latitude[merchant], shops.longitude[merchant]
    misplaced = draws.uniform(count) < options["misplaced_share"]
    elsewhere = draws.weighted(count, setting.cities.weight)
    latitude = np.where(misplaced, setting.cities.latitude[elsewhere], latitude)
    longitude = np.where(misplaced, setting.cities.longitude[elsewhere], longitude)
    columns = Columns(
        event_ms=event_ms,
        customer=customer,
        merchant=merchant,
        amount_cents=amount_cents,
        channel=channel,
        latitude=latitude,
        longitude=longitude,
        device=np.where(is_online, _devices(setting, draws, customer), np.uint64(0)),
        scenario=np.full(count, NO_EPISODE),
        episode=np.full(count, NO_EPISODE),
    )
    return columns.where(is_online | ~travelling)


def _categories(habits: Habits, row: Integers, uniform: Floats) -> Integers:
    """A category for each row of (segment, hour)."""
    chances = habits.category_chance.reshape(-1, len(habits.categories))
    # All rows behind one another make one increasing sequence, so one search serves all.
    steps = np.cumsum(chances, axis=1)
    steps = (steps / steps[:, -1:] + np.arange(len(steps))[:, None]).ravel()
    found = np.searchsorted(steps, row + uniform, side="right")
    within: Integers = found - row * len(habits.categories)
    return np.minimum(within, len(habits.categories) - 1)


def _amounts(
    setting: Setting,
    draws: ArrayDraws,
    customer: Integers,
    merchant: Integers,
    category: Integers,
    is_cash: Mask,
) -> Integers:
    habits, options = setting.habits, setting.habits.payments
    count = len(customer)
    spread = habits.spread[category]
    scale = exp(spread * draws.normal(count) - spread * spread / 2)
    low, high = options["big_factor"]
    big = np.where(
        draws.uniform(count) < options["big_share"],
        low + (high - low) * draws.uniform(count),
        1.0,
    )
    mean = habits.mean_cents[category] * setting.people.level[customer]
    cents = mean * setting.shops.level[merchant] * scale * big
    rounded = np.rint(cents).astype(np.int64).clip(50, 2_500_000)
    notes = (np.rint(cents / 2000).astype(np.int64) * 2000).clip(1000, 100_000)
    return np.where(is_cash, notes, rounded)


def _devices(setting: Setting, draws: ArrayDraws, customer: Integers) -> Words:
    shares = setting.habits.devices
    uniform = draws.uniform(len(customer))
    unknown = draws.words(len(customer)) >> np.uint64(16) | np.uint64(1)
    other = np.where(uniform < shares["new_share"], unknown, setting.people.second_device[customer])
    return np.where(
        uniform < shares["new_share"] + shares["second_share"],
        other,
        setting.people.main_device[customer],
    )


def genuine_payments(setting: Setting, begin_ms: int, end_ms: int) -> Columns:
    """All ordinary payments of a time, in no order."""
    customer, event_ms = outings(setting, ArrayDraws(setting.seed, "outings"), begin_ms, end_ms)
    return payments_at(setting, ArrayDraws(setting.seed, "payments"), customer, event_ms)
