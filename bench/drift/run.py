"""Worlds with and without drift, through the views and the rules of the product."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import psycopg

from bench.drift.false_alarms import watched
from bench.drift.injected import DRIFTS, make_days
from bench.drift.simulated_days import count_days, note_bins
from swipestream.database import dashboard_schema
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.drift.firing import Firing, firings
from swipestream.drift.readings import BinNames, Reading, readings
from swipestream.drift.wording import described, name_of
from swipestream.settings import Settings

CUSTOMERS, MERCHANTS = 9_000, 400
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Found:
    """
    What was noticed of one drift.

    :param what: changes.
    :param names: of what fired, the furthest beyond its limit first.
    :param days: from the beginning of the drift to the first that fired; None if none did.
    :param text: of the furthest one.
    """

    what: str
    names: list[str]
    days: float | None
    text: str


@dataclass(frozen=True)
class Result:
    """
    All of it.

    :param alarms: in worlds without drift.
    :param judged: signals times days in these worlds.
    :param series: of each drift and feature, the index as a multiple of its limit, day by day.
    """

    found: list[Found]
    worlds: int
    alarms: int
    judged: int
    series: dict[str, dict[str, list[float]]]


def run(settings: Settings, worlds: int, say: Callable[[str], None]) -> Result:
    """
    Inject each drift, then watch months without any.

    :param settings: of a stack that need not run.
    :param say: told each step.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    until = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found, series = [], {}
    with throw_away_postgres(settings) as own:
        dashboard_schema.make(own.postgres_url)
        with psycopg.connect(own.postgres_url, autocommit=True) as database:
            days = make_days(3, CUSTOMERS, MERCHANTS, until)
            for drift in DRIFTS:
                what, version = (drift.__doc__ or "").rstrip("."), drift.__name__
                say(what)
                note_bins(database, version, days.told)
                shown = pd.concat([days.calm, drift(days)])
                count_days(database, version, days.told["feature_bins"], shown)
                told = readings(database, version)
                fired = [rows[-1] for one in told.values() if (rows := firings(one))]
                names = BinNames.of(database, version)
                found.append(_found(what, fired, days.begin, names))
                series[what] = {
                    subject: [distance(reading) for reading in rows]
                    for (signal, subject), rows in told.items()
                    if signal == "feature"
                }
            alarms = judged = 0
            for seed, told in watched(database, range(worlds), until):
                say(f"a month without drift: world {seed + 1} of {worlds}")
                judged += sum(reading.is_enough for rows in told.values() for reading in rows)
                alarms += sum(len(firings(rows)) for rows in told.values())
    return Result(found, worlds, alarms, judged, series)


def distance(reading: Reading) -> float:
    """A reading as a multiple of its limit."""
    return (reading.value or 0.0) / (reading.high_limit or 1.0)


def _found(what: str, fired: list[Firing], begin: datetime, names: BinNames) -> Found:
    fired = sorted(fired, key=lambda one: distance(one.reading), reverse=True)
    days = [(one.fired_at - begin).total_seconds() / SECONDS_A_DAY for one in fired]
    return Found(
        what,
        [name_of(one.reading) for one in fired],
        min(days, default=None),
        described(fired[0].reading, names) if fired else "",
    )


def tables(result: Result) -> list[str]:
    """Markdown."""
    lines = ["| what changes | fires after | what fires, the furthest first | in words |"]
    lines.append("| --- | ---: | --- | --- |")
    for one in result.found:
        days = "-" if one.days is None else f"{one.days:.0f} days"
        names = ", ".join(f"`{name}`" if "_" in name else name for name in one.names) or "nothing"
        lines.append(f"| {one.what} | {days} | {names} | {one.text} |")
    lines += [
        "",
        f"In {result.worlds} worlds of a month each in which nothing drifts, {result.judged:,} "
        f"signals were judged, each of one day, and {result.alarms} fired.",
    ]
    return lines
