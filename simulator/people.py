"""Customers: who they are, where they live, how they pay. One card each."""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.draws import ArrayDraws, Integers, Words, mixed, mixed_uniform
from simulator.habits import Habits
from simulator.names import locale_of, person_pool
from simulator.places import Cities, scattered
from simulator.portable_math import Floats

DAY_MS = 86_400_000
# What a derived number is for.
USUAL_DEVICE, SECOND_DEVICE, OLD_DEVICE, OUTDATED, REGULAR = 11, 12, 13, 14, 1000


@dataclass(frozen=True)
class People:
    """All customers; arrays have one entry each, in the order of their numbers."""

    seed: int
    city: Integers
    latitude: Integers
    longitude: Integers
    segment: Integers
    # Payments a day on average, and how their amounts compare with other people's.
    pace: Floats
    level: Floats
    online: Floats
    account_age_days: Integers
    # Three favourite categories: shape (customers, 3).
    favourites: NDArray[np.int64]
    utc_offset_minutes: Integers
    # What the card usually pays, in cents.
    typical_cents: Floats
    # Share of people who bought a device that the bank has not noted.
    outdated_share: float

    def __len__(self) -> int:
        return len(self.city)

    @cached_property
    def customer_ids(self) -> list[str]:
        """c000000, c000001, ..."""
        return [f"c{number:06d}" for number in range(len(self))]

    @cached_property
    def card_ids(self) -> list[str]:
        """32 hexadecimal digits, keyed by the seed."""
        secret = f"swipestream simulator {self.seed}".encode()
        return [
            hmac.new(secret, identifier.encode(), hashlib.sha256).hexdigest()[:32]
            for identifier in self.customer_ids
        ]

    @cached_property
    def card_last4(self) -> list[str]:
        """Four digits."""
        return [f"{int(card_id[:8], 16) % 10000:04d}" for card_id in self.card_ids]

    @cached_property
    def numbers(self) -> Integers:
        """0, 1, 2, ... as the base of what is derived from a customer."""
        return np.arange(len(self), dtype=np.int64) + (self.seed % 1_000_003) * 10_000_000

    @cached_property
    def usual_device(self) -> Words:
        """The device the bank knows of; 0 means none, so never 0."""
        return mixed(self.numbers, USUAL_DEVICE) >> np.uint64(16) | np.uint64(1)

    @cached_property
    def main_device(self) -> Words:
        """The device they really use: the usual one but for those who bought another since."""
        newer = mixed(self.numbers, OLD_DEVICE) >> np.uint64(16) | np.uint64(1)
        return np.where(self.has_new_device, newer, self.usual_device)

    @cached_property
    def second_device(self) -> Words:
        """A tablet, say."""
        return mixed(self.numbers, SECOND_DEVICE) >> np.uint64(16) | np.uint64(1)

    @cached_property
    def has_new_device(self) -> NDArray[np.bool_]:
        """Bought a device that the bank has not noted."""
        return mixed_uniform(self.numbers, OUTDATED) < self.outdated_share


def make_people(seed: int, count: int, cities: Cities, habits: Habits, pace: float) -> People:
    """
    Draw the customers.

    :param pace: payments per card and day, on average.
    """
    draws = ArrayDraws(seed, "people")
    city = draws.weighted(count, cities.weight)
    segment = draws.weighted(count, habits.segment_share)
    latitude, longitude = scattered(draws, city, cities, spread_km=9)
    numbers = habits.segment_pace[segment] * draws.lognormal(count, habits.payments["pace_spread"])
    mean = np.cumsum(numbers)[-1] / count
    level = habits.segment_level[segment] * draws.lognormal(count, habits.payments["level_spread"])
    level = level.clip(0.2, 8)
    segment_chance = np.cumsum(habits.category_chance * habits.hour_activity[:, :, None], axis=1)
    segment_chance = segment_chance[:, -1] / 24
    favourites = np.stack(
        [_by_row(segment_chance, segment, draws.uniform(count)) for _ in range(3)], axis=1
    )
    youth = draws.uniform(count)
    age = 30 + youth * youth * 5400
    typical = np.cumsum(segment_chance * habits.mean_cents, axis=1)[:, -1]
    return People(
        seed=seed,
        city=city,
        latitude=latitude,
        longitude=longitude,
        segment=segment,
        pace=(numbers / mean * pace).clip(0.02, 12),
        level=level,
        online=habits.segment_online[segment] * draws.lognormal(count, 0.35),
        account_age_days=np.floor(age).astype(np.int64),
        favourites=favourites,
        utc_offset_minutes=cities.utc_offset_minutes[city],
        typical_cents=typical[segment] * level,
        outdated_share=habits.devices["outdated_share"],
    )


def _by_row(chances: Floats, row: Integers, uniform: Floats) -> Integers:
    """Draw a column for each row: chances has shape (rows, columns), each row sums to 1."""
    steps = np.cumsum(chances, axis=1)
    found: Integers = (uniform[:, None] * steps[row][:, -1:] >= steps[row]).sum(axis=1)
    return np.minimum(found, chances.shape[1] - 1)


def full_names(people: People, cities: Cities) -> list[str]:
    """A name for each customer, as people in their country have."""
    draws = ArrayDraws(people.seed, "names")
    first, last = draws.uniform(len(people)), draws.uniform(len(people))
    locales = [locale_of(cities.countries[city]) for city in range(len(cities))]
    pools = {locale: person_pool(people.seed, locale) for locale in sorted(set(locales))}
    names = []
    for city, one, two in zip(people.city.tolist(), first.tolist(), last.tolist(), strict=True):
        firsts, lasts = pools[locales[city]]
        names.append(f"{firsts[int(one * len(firsts))]} {lasts[int(two * len(lasts))]}")
    return names


def email(name: str, number: int) -> str:
    """An address in a domain that exists nowhere."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else "." for c in plain).strip(".")
    return f"{words}.{number}@example.org".replace("..", ".")


def opened_ms(people: People, end_ms: int) -> Integers:
    """When each account was opened, in UTC epoch milliseconds at midnight."""
    return (end_ms // DAY_MS - people.account_age_days) * DAY_MS
