"""What each signal was, period by period, as the views of the database have it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from swipestream.database.queries import query

BINS = "SELECT feature, kind, edges, categories FROM model_feature_bins WHERE model_version = %s"

# Signal and subject.
Key = tuple[str, str]


@dataclass(frozen=True)
class Reading:
    """
    One signal in one period.

    :param event_time: the period's beginning, UTC without a zone.
    :param signal: such as "feature", "scores" or "alert rate".
    :param subject: a feature, or empty.
    :param kind: "drift" or "data quality".
    :param model_version: None if it is about all payments.
    :param value: as in the view drift_signals; of a feature its stability index.
    :param expected: what is usual; None if nobody knows.
    :param low_limit: below it the reading is over; None if there is no such limit.
    :param high_limit: above it, as `low_limit`.
    :param payment_count: what the value is of.
    :param is_enough: whether so many payments say something.
    :param is_over: whether it is beyond a limit.
    :param importance: of a feature, as the rest.
    :param unknown_share: of payments without a value.
    :param moved_bin: the bin that moved most, as in the view feature_drift.
    :param moved_share: of payments in that bin; `moved_trained_share` is what it was.
    """

    event_time: datetime
    period_seconds: int
    signal: str
    subject: str
    kind: str
    model_version: str | None
    value: float | None
    expected: float | None
    low_limit: float | None
    high_limit: float | None
    payment_count: int
    is_enough: bool
    is_over: bool
    importance: float | None = None
    unknown_share: float | None = None
    moved_bin: int | None = None
    moved_share: float | None = None
    moved_trained_share: float | None = None

    @property
    def until(self) -> datetime:
        """The period's end."""
        return self.event_time + timedelta(seconds=self.period_seconds)

    @property
    def key(self) -> Key:
        """What it is a reading of."""
        return self.signal, self.subject

    @property
    def limit(self) -> float | None:
        """The limit that counts: the one that was passed, else the upper one."""
        if self.low_limit is not None and self.value is not None and self.value < self.low_limit:
            return self.low_limit
        return self.low_limit if self.high_limit is None else self.high_limit


def readings(database: psycopg.Connection[Any], version: str | None) -> dict[Key, list[Reading]]:
    """
    All of the last 40 days, the oldest first.

    :param version: of the model whose features and scores count; None: only what is about all
        payments.
    """
    found: dict[Key, list[Reading]] = defaultdict(list)
    with database.cursor(row_factory=class_row(Reading)) as cursor:
        for reading in cursor.execute(query("drift_readings"), {"model_version": version}):
            found[reading.key].append(reading)
    return dict(found)


@dataclass(frozen=True)
class BinNames:
    """What the bins of a model's features are called."""

    by_feature: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, database: psycopg.Connection[Any], version: str | None) -> "BinNames":
        """:param version: of a model that may have bins."""
        with database.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(BINS, [version]).fetchall()
        return cls({row["feature"]: bin_names(row["edges"], row["categories"]) for row in rows})

    def moved(self, reading: Reading) -> str:
        """The bin that moved most, such as "unknown 1.0 % to 45.2 %"; empty if there is none."""
        names = self.by_feature.get(reading.subject or "score", ())
        number = reading.moved_bin
        if number is None or number >= len(names) or reading.moved_share is None:
            return ""
        was = reading.moved_trained_share or 0.0
        return f"{names[number]}: {was:.1%} to {reading.moved_share:.1%}"


def bin_names(edges: Sequence[float] | None, categories: Sequence[str] | None) -> list[str]:
    """By number: unknown first, then the bins, then text that training never saw."""
    if categories is not None:
        return ["unknown", *categories, "never seen in training"]
    edges = edges or []
    if not edges:
        return ["unknown", "known"]
    names = [f"{_number(low)} to {_number(high)}" for low, high in pairwise(edges)]
    return ["unknown", f"up to {_number(edges[0])}", *names, f"above {_number(edges[-1])}"]


def _number(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
