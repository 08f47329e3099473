"""What was measured, as it is written to results.json."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

from swipestream.errors import SwipestreamError

# So few do not affect a 99th percentile.
KEPT_UP_SHARE = 0.999


@dataclass(frozen=True)
class Throughput:
    """
    One run over the whole topic.

    :param per_second: messages a second in the middle of the run, start and end left out.
    :param cpu_seconds: per million messages in that time, by group of processes.
    :param memory_mb: the most in the whole run, by group.
    :param start_seconds: until the first row was stored.
    :param stored: rows in the end.
    :param is_complete: whether that is every payment.
    :param curve: seconds since the start and messages passed.
    """

    system: str
    repeat: int
    per_second: float
    cpu_seconds: dict[str, float]
    memory_mb: dict[str, float]
    start_seconds: float
    stored: int
    is_complete: bool
    curve: list[tuple[float, int]]


@dataclass(frozen=True)
class Latency:
    """
    One run at a fixed rate.

    :param rate: payments offered a second.
    :param sent: counted payments.
    :param stored: of them, rows when the run was over.
    :param quantiles_ms: from the payment to its committed row, of those stored, at
        `stored.QUANTILES`.
    :param cpu_cores: busy cores by group.
    """

    system: str
    rate: int
    sent: int
    stored: int
    quantiles_ms: list[float]
    cpu_cores: dict[str, float]

    @property
    def keeps_up(self) -> bool:
        """
        Whether hardly any of what was counted was still on its way.

        Otherwise the quantiles are only those of the payments that waited least.
        """
        return self.stored >= self.sent * KEPT_UP_SHARE


@dataclass(frozen=True)
class GrowthPoint:
    """
    Our job over one topic, for a curve.

    :param curve: what varies.
    :param value: of what varies, as the table shows it.
    :param per_window: payments that a card has in its window of 7 days, on average.
    :param cpu_seconds: per million messages, by group of processes.
    :param state_mb: what a checkpoint holds when all is read; None if none came in time.
    :param heap_mb: what Java's heap of the TaskManager holds then, garbage left out.
    :param row_bytes: of Postgres for each payment, indexes included.
    :param message_bytes: of the topic for each message.
    """

    curve: str
    value: str
    payments: int
    cards: int
    per_window: float
    per_second: float
    cpu_seconds: dict[str, float]
    memory_mb: float
    state_mb: float | None
    heap_mb: float
    row_bytes: float
    message_bytes: float
    is_complete: bool


@dataclass
class Results:
    """All results; each part may be from another day."""

    # Date and machine of each part.
    throughput_header: str = ""
    payments: int = 0
    messages: int = 0
    cards: int = 0
    days: int = 0
    throughput: list[Throughput] = field(default_factory=list)
    # By system: rows by column that differ from ours; None where nothing was compared.
    differences: dict[str, dict[str, int] | None] = field(default_factory=dict)
    # By system: why it did not take part or did not finish.
    failures: dict[str, str] = field(default_factory=dict)
    parity: str = ""
    parity_seconds: float = 0.0
    latency_header: str = ""
    latency: list[Latency] = field(default_factory=list)
    # By system, again.
    latency_failures: dict[str, str] = field(default_factory=dict)
    growth_header: str = ""
    growth: list[GrowthPoint] = field(default_factory=list)
    # By what was tried: why it did not finish.
    growth_failures: dict[str, str] = field(default_factory=dict)
    offline_header: str = ""
    offline: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """As JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        What `write` wrote.

        :raises SwipestreamError: another version wrote it.
        """
        try:
            values: dict[str, Any] = json.loads(path.read_text("utf-8"))
            values["throughput"] = [Throughput(**item) for item in values["throughput"]]
            values["latency"] = [Latency(**item) for item in values["latency"]]
            values["growth"] = [GrowthPoint(**item) for item in values["growth"]]
            return cls(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise SwipestreamError(
                f"{path} is not as this version writes results: {error}",
                "move it away, and measure every part again",
            ) from error

    def forget_throughput(self) -> None:
        """Before it is measured again."""
        self.throughput, self.differences, self.failures = [], {}, {}
        self.parity, self.parity_seconds = "", 0.0

    def forget_latency(self, header: str, rates: Collection[int], systems: Collection[str]) -> None:
        """
        Before these rates are measured again; other runs stay if of the same day and machine.

        :param header: today and this machine.
        """
        if header != self.latency_header:
            self.latency, self.latency_failures = [], {}
        self.latency = [
            run for run in self.latency if run.rate not in rates or run.system not in systems
        ]
        for name in systems:
            self.latency_failures.pop(name, None)
        self.latency_header = header

    def by_curve(self) -> list[GrowthPoint]:
        """The growth part's points, those of a curve together, in the order of measuring."""
        curves = list(dict.fromkeys(point.curve for point in self.growth))
        return sorted(self.growth, key=lambda point: curves.index(point.curve))

    def runs(self, system: str) -> list[Throughput]:
        """A system's throughput runs that stored anything."""
        return [run for run in self.throughput if run.system == system and run.per_second]

    def sustained(self, system: str) -> float:
        """Median messages a second; 0 without a run."""
        return median([run.per_second for run in self.runs(system)] or [0.0])
