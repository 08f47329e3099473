"""One look at everything that is watched: what it is now, and what fires."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from swipestream.database import dashboard_schema
from swipestream.drift.firing import Firing, firings, held
from swipestream.drift.readings import BinNames, Key, Reading, readings
from swipestream.errors import SwipestreamError, first_line
from swipestream.models.audit import Audit
from swipestream.models.feature_bins import SCORE, has_bins
from swipestream.settings import ChampionSettings
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, ModelBundle, read_bundle, read_pointer

# Signals besides the features, in the order in which they are shown.
SIGNALS = (
    *("scores", "features together", "alert rate", "reviews", "precision", "recall"),
    *("unknown customers", "unknown merchants"),
    *("duplicates", "conflicts", "rejected", "without a score"),
)
# The desk draws a sample of approved payments, whose verdicts say how much fraud nobody suspects.
# No signal reads it yet.
CONTROL_SAMPLE = "control sample"
# A database that is older than the code, or has no views for dashboards yet.
LACKING = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)


class UnwatchableError(SwipestreamError):
    """Drift cannot be looked for."""


@dataclass(frozen=True)
class Look:
    """
    What there is to say.

    :param version: the champion; None without one.
    :param problem: why its features and scores cannot be watched; empty if they can.
    :param importance: of the champion's features, by name, in the order of its input.
    :param readings: by signal and subject, the oldest first.
    :param firings: the same.
    """

    version: str | None
    problem: str
    importance: Mapping[str, float]
    readings: Mapping[Key, Sequence[Reading]]
    firings: Mapping[Key, Sequence[Firing]]
    names: BinNames

    @property
    def keys(self) -> list[Key]:
        """Everything that is watched, whether there are readings of it or not."""
        features = [("feature", name) for name in self.importance]
        return [*features, *((signal, "") for signal in SIGNALS)]

    def newest(self, key: Key) -> Reading | None:
        """The newest reading; None if there is none."""
        found = self.readings.get(key, ())
        return found[-1] if found else None

    def firing(self, key: Key) -> Firing | None:
        """The one that lasts; None if the signal does not fire."""
        found = self.firings.get(key, ())
        return found[-1] if found and found[-1].ended_at is None else None

    def state(self, key: Key) -> str:
        """In a few words, such as "fires since 2030-01-02"."""
        if firing := self.firing(key):
            return f"fires since {firing.fired_at:%Y-%m-%d %H:%M}"
        reading = self.newest(key)
        if reading is None or not reading.is_enough:
            return "not enough to tell"
        count = held(self.readings[key])
        rests = bool(self.firings.get(key)) and count > 0
        if rests:
            return "rests"
        return f"beyond its limit, {count} in a row" if count else "as usual"


def look(settings: ChampionSettings, database: psycopg.Connection[Any]) -> Look:
    """
    Bring what is counted up to date and look at it.

    :param database: of the owner, in autocommit mode.
    :raises UnwatchableError: the database lacks a table.
    """
    bundle, problem = champion(settings)
    try:
        if bundle:
            Audit(database).note_facts(bundle.version, bundle.manifest)
        dashboard_schema.refresh(database)
        version = bundle.version if bundle else None
        found = readings(database, version)
        names = BinNames.of(database, version)
    except LACKING as error:
        raise UnwatchableError(
            f"the database lacks something: {first_line(error)}",
            "run `swipestream up`, which brings it up to date",
        ) from None
    return Look(
        version=version,
        problem=problem,
        importance=_importance(bundle),
        readings=found,
        firings={key: firings(rows) for key, rows in found.items()},
        names=names,
    )


def champion(settings: ChampionSettings) -> tuple[ModelBundle | None, str]:
    """:return: the champion's bundle, and why its features cannot be watched."""
    try:
        version = read_pointer(settings.models_dir, CHAMPION)
        if version is None:
            return None, "there is no champion: run `swipestream train`"
        bundle = read_bundle(settings.models_dir / version)
    except BundleError as error:
        return None, error.fact
    if not has_bins(bundle.manifest):
        return bundle, f"{version} was trained before bundles had bins: train again"
    return bundle, "" if SCORE + "_bins" in bundle.manifest else (
        f"{version} was trained before bundles said how scores are spread: train again"
    )


def _importance(bundle: ModelBundle | None) -> dict[str, float]:
    if bundle is None:
        return {}
    return {
        str(item["name"]): float(item.get("importance") or 0)
        for item in bundle.manifest["features"]
    }
