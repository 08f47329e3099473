"""Scenarios: episodes of payments told by data files, one each; fraud, and honest look-alikes."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.columns import CHANNELS
from simulator.errors import ScenarioError, SimulatorError
from simulator.habits import load_habits

SCENARIO_DIR = Path(__file__).parent / "scenarios"

VICTIMS = ("any_card", "paid_at_breached_merchant")
BEGINS = ("any_time", "card_hours", "after_payment")
PLACES = ("here", "home", "elsewhere", "abroad", "far")
MERCHANTS = ("one", "each", "target")
DEVICES = ("usual", "known", "new")
AMOUNTS = {
    "between": ("low_cents", "high_cents"),
    "growing": ("low_cents", "high_cents", "factor"),
    "card_mean": ("low", "high"),
    "habit": ("low", "high"),
    "notes": ("low_cents", "high_cents"),
}
REASONS = ("chargeback", "customer_report", "analyst", "confirmed_genuine")
Range = tuple[float, float]


@dataclass(frozen=True)
class Phase:
    """Payments of one kind that follow one another."""

    payments: tuple[int, int]
    # Seconds before each payment; empty means at the card's own pace.
    gap_seconds: Range | None
    # Share of the card's payments that are this phase's, when at its own pace.
    share_of_card: float
    chance: float
    channels: tuple[tuple[int, ...], tuple[float, ...]]
    # Empty means what the card usually buys.
    categories: tuple[int, ...]
    merchant: str
    place: str
    devices: tuple[tuple[str, ...], tuple[float, ...]]
    amount: dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One file."""

    name: str
    description: str
    is_fraud: bool
    # Of fraud: share of all fraud payments, relative. Of look-alikes: share of genuine payments.
    weight: float
    victim: str
    window_days: Range
    begin: str
    delay_minutes: Range
    # Share of payments that look like the card's own: category, amount, place.
    imitation: float
    label_share: float
    label_reasons: tuple[tuple[str, ...], tuple[float, ...]]
    label_delay_hours: Range
    phases: tuple[Phase, ...]

    @property
    def mean_payments(self) -> float:
        """Expected payments of an episode."""
        return sum(phase.chance * sum(phase.payments) / 2 for phase in self.phases)


class Reader:
    """Takes values out of one table of a scenario file and complains about what is left."""

    def __init__(
        self,
        path: Path,
        table: object,
        where: str,
        kind: type[SimulatorError] = ScenarioError,
    ) -> None:
        """:param kind: of the errors about this file."""
        self.path = path
        self.where = where
        self.kind = kind
        if not isinstance(table, dict):
            raise self.error(f"{where} is not a table")
        self.table = dict(table)

    def error(self, fact: str) -> SimulatorError:
        """An error about this file."""
        return self.kind(f"{self.path}: {fact}", "docs/simulator.md describes the format")

    def take(self, name: str, default: Any = None) -> Any:
        """A value; an error if it is absent and there is no default."""
        if name not in self.table and default is None:
            raise self.error(f"{self.where}{name} is missing")
        return self.table.pop(name, default)

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A number within [low, high]."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"{self.where}{name} = {value!r} is not a number")
        if not low <= value <= high:
            raise self.error(f"{self.where}{name} = {value} is not between {low:g} and {high:g}")
        return float(value)

    def range(self, name: str, default: Range | None = None) -> Range:
        """Two numbers from 0, the smaller first."""
        value = self.take(name, list(default) if default else None)
        good = (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
            and 0 <= value[0] <= value[1]
        )
        if not good:
            raise self.error(f"{self.where}{name} = {value!r} is not [least, most]")
        return float(value[0]), float(value[1])

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the allowed words."""
        value = self.take(name, default)
        if value not in allowed:
            raise self.error(f"{self.where}{name} = {value!r} is none of {', '.join(allowed)}")
        return str(value)

    def shares(
        self, name: str, allowed: tuple[str, ...], default: dict[str, float] | None = None
    ) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """A table of word = weight."""
        value = self.take(name, default)
        inner = Reader(self.path, value, f"{self.where}{name}.", self.kind)
        words = tuple(inner.table)
        for word in words:
            if word not in allowed:
                raise self.error(f"{inner.where}{word} is none of {', '.join(allowed)}")
        return words, tuple(inner.number(word, 0, 1e9) for word in words)

    def done(self) -> None:
        """:raises ScenarioError: something nobody asked for."""
        if self.table:
            raise self.error(f"{self.where}{next(iter(self.table))} is unknown")


def read_scenario(path: Path) -> Scenario:
    """
    Read and check one file.

    :raises ScenarioError: not TOML, or a value that is missing, unknown or out of range.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} is not TOML: {error}", "compare it with the others") from None
    top = Reader(path, data, "")
    name = str(top.take("name"))
    if name != path.stem:
        raise top.error(f"name = {name!r} is not the file's name")
    is_fraud = top.take("is_fraud")
    if not isinstance(is_fraud, bool):
        raise top.error(f"is_fraud = {is_fraud!r} is neither true nor false")
    victim = Reader(path, top.take("victim", {}), "victim.")
    begin = Reader(path, top.take("begin", {}), "begin.")
    label = Reader(path, top.take("label", {}), "label.")
    phases = top.take("phases")
    if not isinstance(phases, list) or not phases:
        raise top.error("phases is not a list of tables: write [[phases]]")
    scenario = Scenario(
        name=name,
        description=str(top.take("description")),
        is_fraud=is_fraud,
        weight=top.number("weight", 0, 1e6),
        victim=victim.one_of("rule", VICTIMS, "any_card"),
        window_days=victim.range("window_days", (2, 5)),
        begin=begin.one_of("rule", BEGINS, "any_time"),
        delay_minutes=begin.range("delay_minutes", (0, 0.001)),
        imitation=top.number("imitation", 0, 1, 0.0),
        label_share=label.number("share", 0, 1, 1.0 if is_fraud else 0.05),
        label_reasons=label.shares(
            "reasons", REASONS, None if is_fraud else {"confirmed_genuine": 1.0}
        ),
        label_delay_hours=label.range("delay_hours", (24, 240)),
        phases=tuple(
            read_phase(Reader(path, phase, f"phases[{number}]."))
            for number, phase in enumerate(phases, start=1)
        ),
    )
    for reader in (top, victim, begin, label):
        reader.done()
    return scenario


def read_phase(reader: Reader) -> Phase:
    """One [[phases]] table."""
    least, most = reader.range("payments")
    if least != int(least) or most != int(most) or most < 1:
        raise reader.error(f"{reader.where}payments are not whole numbers")
    at_card_pace = "share_of_card" in reader.table
    share = reader.number("share_of_card", 0.01, 0.95) if at_card_pace else 0.0
    gaps = None if at_card_pace else reader.range("gap_seconds")
    names, weights = reader.shares("channels", CHANNELS)
    categories = reader.take("categories", "habit")
    known = load_habits().categories
    if categories != "habit":
        if not isinstance(categories, list) or not categories:
            raise reader.error(f'{reader.where}categories is neither a list nor "habit"')
        for category in categories:
            if category not in known:
                raise reader.error(f"{reader.where}categories has {category!r}, unknown")
    amount = Reader(reader.path, reader.take("amount"), f"{reader.where}amount.")
    rule = amount.one_of("rule", tuple(AMOUNTS))
    values: dict[str, Any] = {"rule": rule}
    for field in AMOUNTS[rule]:
        values[field] = amount.range(field) if field == "factor" else amount.number(field, 0, 1e8)
    amount.done()
    phase = Phase(
        payments=(int(least), int(most)),
        gap_seconds=gaps,
        share_of_card=share,
        chance=reader.number("chance", 0, 1, 1.0),
        channels=(tuple(CHANNELS.index(name) for name in names), weights),
        categories=() if categories == "habit" else tuple(known.index(c) for c in categories),
        merchant=reader.one_of("merchant", MERCHANTS, "each"),
        place=reader.one_of("place", PLACES, "here"),
        devices=reader.shares("devices", DEVICES, {"usual": 1.0}),
        amount=values,
    )
    reader.done()
    if phase.merchant == "target" and (not phase.categories or channel_names(phase) != ("online",)):
        raise reader.error(
            f'{reader.where}merchant = "target" needs a list of categories and channels = '
            "{ online = 1.0 }"
        )
    return phase


def channel_names(phase: Phase) -> tuple[str, ...]:
    """The channels that a phase may use."""
    return tuple(CHANNELS[number] for number in phase.channels[0])


def read_scenarios(folder: Path | None = None) -> tuple[Scenario, ...]:
    """
    All scenarios, in the order of their names: fraud first, then look-alikes.

    :param folder: instead of the built-in one; look-alikes are in its folder `genuine`.
    :raises ScenarioError: a bad file, a fraud file among the look-alikes, or no fraud at all.
    """
    top = folder or SCENARIO_DIR
    scenarios = [read_scenario(path) for path in sorted(top.glob("*.toml"))]
    scenarios += [read_scenario(path) for path in sorted((top / "genuine").glob("*.toml"))]
    if not any(scenario.is_fraud for scenario in scenarios):
        raise ScenarioError(f"{top} has no fraud scenario", "add one, see docs/simulator.md")
    return tuple(scenarios)
