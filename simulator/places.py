"""Real cities where people live, shop and travel to."""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from faker.providers.geo import Provider as GeoProvider
from numpy.typing import NDArray

from simulator.draws import ArrayDraws, Integers
from simulator.portable_math import Floats, kilometres, log

# How much of the world lives in each country; countries not named get REST between them.
HOME_COUNTRIES = {
    "DE": 16, "FR": 14, "IT": 11, "ES": 9, "NL": 6, "BE": 4, "AT": 3, "IE": 2, "PT": 3, "FI": 2,
    "GB": 9, "CH": 2, "PL": 3, "SE": 2, "CZ": 1, "US": 5, "CA": 1, "BR": 1, "TR": 1, "AU": 1,
}  # fmt: skip
REST = 4
# Clocks are read in a winter long settled, so that no time-zone update changes a world.
SETTLED_DAY = datetime.datetime(2024, 1, 15, 12, tzinfo=datetime.UTC)
# Places are kept in steps of 1e-5 degrees, about a meter.
STEPS = 100_000


@dataclass(frozen=True)
class Cities:
    """Cities of one world; arrays have one entry each."""

    names: tuple[str, ...]
    countries: tuple[str, ...]
    # In steps of 1e-5 degrees.
    latitude: Integers
    longitude: Integers
    utc_offset_minutes: Integers
    # Share of the people who live there; sums to 1.
    weight: Floats
    # Equal numbers for equal countries.
    country: Integers
    # Kilometers between any two.
    distance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.names)


def choose_cities(seed: int, count: int) -> Cities:
    """
    Draw cities of many countries; the first two are in different countries.

    :param count: how many, at least 3.
    """
    known = sorted(GeoProvider.land_coords, key=lambda city: (city[3], city[2], city[0], city[1]))
    countries = [city[3] for city in known]
    share = np.array(
        [
            HOME_COUNTRIES.get(country, REST / 100) / countries.count(country)
            for country in countries
        ]
    )
    draws = ArrayDraws(seed, "cities")
    # The smallest waiting times, weighted: a draw without replacement.
    waits = -log(np.maximum(draws.uniform(len(known)), 2.0**-53)) / share
    order = np.argsort(waits, kind="stable").tolist()
    abroad = next(i for i in order if countries[i] != countries[order[0]])
    order = [order[0], abroad, *(i for i in order[1:] if i != abroad)]
    chosen = [known[i] for i in order[:count]]
    size = ArrayDraws(seed, "city sizes").lognormal(len(chosen), 0.7)
    weight = np.sqrt([HOME_COUNTRIES.get(city[3], 0.3) for city in chosen]) * size
    latitude = np.array([steps(city[0]) for city in chosen], np.int64)
    longitude = np.array([steps(city[1]) for city in chosen], np.int64)
    unique = sorted({city[3] for city in chosen})
    return Cities(
        names=tuple(city[2] for city in chosen),
        countries=tuple(city[3] for city in chosen),
        latitude=latitude,
        longitude=longitude,
        utc_offset_minutes=np.array([offset_minutes(city[4]) for city in chosen], np.int64),
        weight=weight / np.cumsum(weight)[-1],
        country=np.array([unique.index(city[3]) for city in chosen], np.int64),
        distance=distances(latitude, longitude),
    )


def steps(degrees: str) -> int:
    """A decimal number of degrees in steps of 1e-5."""
    return round(float(degrees) * STEPS)


def offset_minutes(zone: str) -> int:
    """Minutes a place is ahead of UTC in winter."""
    offset = SETTLED_DAY.astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def distances(latitude: Integers, longitude: Integers) -> NDArray[np.float64]:
    """Kilometers between any two cities."""
    count = len(latitude)
    first, second = (index.ravel() for index in np.indices((count, count)))
    return kilometres(
        latitude[first] / STEPS,
        longitude[first] / STEPS,
        latitude[second] / STEPS,
        longitude[second] / STEPS,
    ).reshape(count, count)


def scattered(
    draws: ArrayDraws, city: Integers, cities: Cities, spread_km: float
) -> tuple[Integers, Integers]:
    """
    A place near each city, more likely close to its middle.

    :return: latitude and longitude in steps of 1e-5 degrees.
    """
    reach = spread_km / 111.2 * STEPS
    north = (draws.uniform(len(city)) - draws.uniform(len(city))) * reach
    east = (draws.uniform(len(city)) - draws.uniform(len(city))) * reach
    return (
        cities.latitude[city] + np.rint(north).astype(np.int64),
        cities.longitude[city] + np.rint(east).astype(np.int64),
    )
