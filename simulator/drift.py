"""What changes while a stream goes on: people's habits, and frauds that nobody has seen before."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import DriftFileError
from simulator.habits import Habits
from simulator.scenarios import Reader, Scenario, read_scenario

HINT = "docs/simulator.md describes the format"
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Habits that are a share of something cannot grow beyond it.
MOST_SHARE = 0.99


@dataclass(frozen=True)
class Change:
    """
    One habit that changes.

    :param after_ms: from so long after the beginning of the stream on.
    :param habit: one of `known_habits`.
    :param factor: what it is multiplied by.
    """

    after_ms: int
    habit: str
    factor: float


@dataclass(frozen=True)
class Newcomer:
    """A scenario that begins, on top of the others, so long after the beginning of the stream."""

    after_ms: int
    scenario: Scenario


@dataclass(frozen=True)
class Drift:
    """Everything that changes."""

    changes: tuple[Change, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()

    def habits_at(self, habits: Habits, elapsed_ms: int) -> Habits:
        """
        The habits at a moment.

        :param habits: before any change.
        :param elapsed_ms: since the beginning of the stream.
        """
        for change in self.changes:
            if change.after_ms <= elapsed_ms:
                habits = changed(habits, change.habit, change.factor)
        return habits


def read_drift(path: Path) -> Drift:
    """
    Read a file.

    :raises DriftFileError: it is not there, no TOML, or names what does not exist.
    :raises ScenarioError: a scenario that it names cannot be used.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DriftFileError(f"{path} does not exist", HINT) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DriftFileError(f"{path} is not TOML: {error}", HINT) from None
    top = Reader(path, data, "", DriftFileError)
    changes = tuple(
        read_change(Reader(path, table, f"habits[{number}].", DriftFileError))
        for number, table in enumerate(tables(top, "habits"), start=1)
    )
    newcomers = tuple(
        read_newcomer(Reader(path, table, f"scenarios[{number}].", DriftFileError))
        for number, table in enumerate(tables(top, "scenarios"), start=1)
    )
    top.done()
    if not changes and not newcomers:
        raise top.error("nothing changes: write [[habits]] or [[scenarios]]")
    return Drift(tuple(sorted(changes, key=lambda change: change.after_ms)), newcomers)


def tables(top: Reader, name: str) -> list[Any]:
    """A list of tables; empty if there is none."""
    found = top.table.pop(name, [])
    if not isinstance(found, list):
        raise top.error(f"{name} is not a list of tables: write [[{name}]]")
    return found


def read_change(reader: Reader) -> Change:
    """One [[habits]] table."""
    after_ms = read_after(reader)
    habit = reader.one_of("habit", tuple(known_habits()))
    factor = reader.number("factor", 0, 100)
    reader.done()
    return Change(after_ms, habit, factor)


def read_newcomer(reader: Reader) -> Newcomer:
    """One [[scenarios]] table."""
    after_ms = read_after(reader)
    scenario = read_scenario(reader.path.parent / str(reader.take("file")))
    reader.done()
    if scenario.victim != "any_card":
        raise reader.error(f"{scenario.name} needs victim.rule any_card to begin in a stream")
    return Newcomer(after_ms, scenario)


def read_after(reader: Reader) -> int:
    """How long after the beginning, such as "10m"; milliseconds."""
    text = str(reader.take("after", "0s"))
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS_MS or not number.replace(".", "", 1).isdigit():
        raise reader.error(f"{reader.where}after = {text!r} is not a time such as 90s, 10m or 2h")
    return int(float(number) * UNITS_MS[unit])


def known_habits() -> dict[str, Callable[[Habits, float], Habits]]:
    """How to multiply each habit, by its name."""
    return {
        "amounts": lambda habits, factor: replace(habits, mean_cents=habits.mean_cents * factor),
        "online": _online,
        **{f"devices.{name}": _table("devices", name) for name in ("new_share", "second_share")},
        **{
            f"payments.{name}": _table("payments", name)
            for name in ("regular", "favourite", "big_share", "misplaced_share")
        },
    }


def changed(habits: Habits, habit: str, factor: float) -> Habits:
    """The same habits with one of `known_habits` multiplied."""
    return known_habits()[habit](habits, factor)


def _online(habits: Habits, factor: float) -> Habits:
    # What is sold online only stays so.
    online = np.where(
        habits.online < 1, np.minimum(habits.online * factor, MOST_SHARE), habits.online
    )
    return replace(habits, online=online)


def _table(table: str, name: str) -> Callable[[Habits, float], Habits]:
    def multiply(habits: Habits, factor: float) -> Habits:
        values: dict[str, Any] = getattr(habits, table)
        share = min(float(values[name]) * factor, MOST_SHARE)
        new: dict[str, Any] = {table: values | {name: share}}
        return replace(habits, **new)

    return multiply
