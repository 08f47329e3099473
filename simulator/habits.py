"""Spending habits: the numbers of habits.toml as arrays."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from simulator.portable_math import Floats

HABITS_FILE = Path(__file__).parent / "habits.toml"


@dataclass(frozen=True)
class Habits:
    """Everything that is true of all people; arrays follow the order of the file."""

    categories: tuple[str, ...]
    segments: tuple[str, ...]
    mean_cents: Floats
    spread: Floats
    online: Floats
    # Chance of each category by segment and local hour: shape (segments, 24, categories).
    category_chance: Floats
    # How busy each hour is by segment: shape (segments, 24), rows sum to 24.
    hour_activity: Floats
    weekday_activity: Floats
    segment_share: Floats
    segment_level: Floats
    segment_pace: Floats
    segment_trips: Floats
    segment_online: Floats
    payments: dict[str, Any]
    devices: dict[str, Any]
    travel: dict[str, Any]

    def category(self, name: str) -> int:
        """Index of a category."""
        return self.categories.index(name)


@cache
def load_habits() -> Habits:
    """Read habits.toml, once."""
    data = tomllib.loads(HABITS_FILE.read_text(encoding="utf-8"))
    categories = data["categories"]
    segments = data["segments"]
    profiles = np.array([data["hours"][item["hours"]] for item in categories.values()], float)
    profiles = profiles / np.cumsum(profiles, axis=1)[:, -1:]
    shares = np.array([item["share"] for item in categories.values()], float)
    likes = np.array(
        [[item["likes"].get(name, 1.0) for name in categories] for item in segments.values()]
    )
    # (segments, 24, categories)
    joint = (shares * likes)[:, None, :] * profiles.T[None, :, :]
    by_hour = np.cumsum(joint, axis=2)[:, :, -1]
    weekdays = np.array(data["weekdays"]["weights"], float)

    def each(field: str) -> Floats:
        return np.array([item[field] for item in segments.values()], float)

    return Habits(
        categories=tuple(categories),
        segments=tuple(segments),
        mean_cents=np.array([item["mean"] * 100.0 for item in categories.values()]),
        spread=np.array([item["spread"] for item in categories.values()]),
        online=np.array([item["online"] for item in categories.values()], float),
        category_chance=joint / by_hour[:, :, None],
        hour_activity=24 * by_hour / np.cumsum(by_hour, axis=1)[:, -1:],
        weekday_activity=7 * weekdays / np.cumsum(weekdays)[-1],
        segment_share=each("share"),
        segment_level=each("level"),
        segment_pace=each("pace"),
        segment_trips=each("trips"),
        segment_online=each("online"),
        payments=data["payments"],
        devices=data["devices"],
        travel=data["travel"],
    )
