"""Merchants: what they sell, where they are, how dear they are, and who sells what where."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.draws import ArrayDraws, Integers
from simulator.habits import Habits
from simulator.names import person_pool
from simulator.places import Cities, scattered
from simulator.portable_math import Floats

ONLINE = -1
# Of all merchants, those without a shop.
ONLINE_SHARE = 0.18
NAME_PATTERNS = {
    "grocery": "{} Market", "fuel": "{} Fuel", "restaurant": "Chez {}", "transport": "{} Transit",
    "clothing": "{} Fashion", "electronics": "{} Electronics", "pharmacy": "{} Pharmacy",
    "travel": "{} Travel", "entertainment": "{} Theatre", "home_garden": "{} Home",
    "jewelry": "{} Jewels", "gaming": "{} Games", "gift_cards": "{} Gifts",
    "marketplace": "{} Bazaar", "cash": "{} Bank ATM", "services": "{} Services",
}  # fmt: skip


@dataclass(frozen=True)
class Shops:
    """All merchants; arrays have one entry each, in the order of their numbers."""

    category: Integers
    # Index of the city, or ONLINE.
    city: Integers
    latitude: Integers
    longitude: Integers
    country: tuple[str, ...]
    level: Floats
    # Merchants in `order` from pool_start[p] on, pool_size[p] of them, sell category c in city t,
    # p = (t + 1) * categories + c. City -1 is online.
    order: Integers
    pool_start: Integers
    pool_size: Integers
    category_count: int
    # What is sold in a city instead, when nobody sells the category there.
    substitute: Integers

    def __len__(self) -> int:
        return len(self.category)

    @cached_property
    def merchant_ids(self) -> list[str]:
        """m000000, m000001, ..."""
        return [f"m{number:06d}" for number in range(len(self))]

    def pool(self, city: Integers, category: Integers) -> Integers:
        """The pool of each pair of city and category, or of what is sold there instead."""
        found: Integers = self.substitute[(city + 1) * self.category_count + category]
        return found

    def pick(self, pool: Integers, uniform: Floats) -> Integers:
        """A merchant of each pool; equal numbers pick the same one."""
        within = np.floor(uniform * self.pool_size[pool]).astype(np.int64)
        found: Integers = self.order[self.pool_start[pool] + within]
        return found


def make_shops(seed: int, count: int, cities: Cities, habits: Habits) -> Shops:
    """
    Draw the merchants: each city has an ATM and a grocery, each online category a merchant.

    :param count: how many; the least each place needs comes first.
    """
    draws = ArrayDraws(seed, "shops")
    cash, grocery = habits.category("cash"), habits.category("grocery")
    online_categories = [i for i, share in enumerate(habits.online.tolist()) if share >= 0.3]
    certain = [(ONLINE, category) for category in online_categories]
    certain += [(city, cash) for city in range(len(cities))]
    certain += [(city, grocery) for city in range(len(cities))]
    rest = max(count - len(certain), 0)
    share = np.cumsum(habits.category_chance * habits.hour_activity[:, :, None], axis=1)[:, -1]
    share = np.cumsum(share * habits.segment_share[:, None], axis=0)[-1]
    # Small shares still mean many small shops.
    online = draws.uniform(rest) < ONLINE_SHARE
    online_category = draws.weighted(rest, np.sqrt(share * habits.online))
    shop_category = draws.weighted(rest, np.sqrt(share * (1 - habits.online)))
    shop_city = draws.weighted(rest, np.sqrt(cities.weight))
    city = np.concatenate(
        [np.array([place for place, _ in certain], np.int64), np.where(online, ONLINE, shop_city)]
    )[: max(count, len(certain))]
    category = np.concatenate(
        [
            np.array([kind for _, kind in certain], np.int64),
            np.where(online, online_category, shop_category),
        ]
    )
    latitude, longitude = scattered(draws, np.maximum(city, 0), cities, spread_km=7)
    seat = draws.weighted(len(city), cities.weight)
    seat_country = [cities.countries[place] for place in seat.tolist()]
    places = city.tolist()
    country = tuple(
        seat_country[i] if place == ONLINE else cities.countries[place]
        for i, place in enumerate(places)
    )
    categories = len(habits.categories)
    pools = (city + 1) * categories + category
    order = np.argsort(pools, kind="stable")
    size = np.bincount(pools, minlength=(len(cities) + 1) * categories)
    start = np.cumsum(size) - size
    return Shops(
        category=category,
        city=city,
        latitude=latitude,
        longitude=longitude,
        country=country,
        level=draws.lognormal(len(city), 0.3),
        order=order,
        pool_start=start,
        pool_size=size,
        category_count=categories,
        substitute=_substitutes(size, categories),
    )


def _substitutes(size: Integers, categories: int) -> Integers:
    """For an empty pool the largest of its city; cash has no substitute but is in each city."""
    result = np.arange(len(size))
    for pool in range(len(size)):
        if size[pool] == 0:
            first = pool // categories * categories
            result[pool] = first + int(np.argmax(size[first : first + categories]))
    return result


def shop_names(seed: int, shops: Shops, habits: Habits) -> list[str]:
    """A name for each merchant."""
    _, last = person_pool(seed, "en_GB")
    patterns = [NAME_PATTERNS[name] for name in habits.categories]
    draws = ArrayDraws(seed, "shop names").uniform(len(shops)).tolist()
    return [
        patterns[category].format(last[int(draw * len(last))])
        for category, draw in zip(shops.category.tolist(), draws, strict=True)
    ]
