"""CPU seconds and memory of groups of processes, while a block runs."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

SAMPLE_SECONDS = 0.5
# To separate shared memory, the kernel reads every page's entry, so this is sampled less often.
MEMORY_EVERY = 4

# Names of groups with the roots of their process trees.
Roots = Callable[[], Mapping[str, Iterable[int]]]


@dataclass
class Sample:
    """
    One look.

    :param at: monotonic seconds.
    :param cpu_seconds: by group, since its processes began.
    """

    at: float
    cpu_seconds: dict[str, float]


@dataclass
class Meter:
    """
    What was seen.

    :param memory_bytes: the most by group; pages shared by processes count once.
    """

    samples: list[Sample] = field(default_factory=list)
    memory_bytes: dict[str, int] = field(default_factory=dict)

    def cpu_seconds(self, begin: float, end: float) -> dict[str, float]:
        """
        By group, between two moments.

        :param begin: monotonic seconds, as `end`.
        """
        inside = [sample for sample in self.samples if begin <= sample.at <= end]
        if len(inside) < 2:
            return {}
        first, last = inside[0].cpu_seconds, inside[-1].cpu_seconds
        return {group: last[group] - first.get(group, 0.0) for group in last}


class Ledger:
    """CPU seconds of trees of processes, those included that end meanwhile."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, float], float] = {}

    def add_up(self, roots: Iterable[int]) -> float:
        """:return: seconds that the trees have taken so far."""
        for root in roots:
            for process in family(root):
                try:
                    times = process.cpu_times()
                    key = (process.pid, process.create_time())
                except psutil.Error:
                    continue
                self._seen[key] = times.user + times.system
        return sum(self._seen.values())


@contextmanager
def measured(roots: Roots) -> Iterator[Meter]:
    """Look every half second until the block ends."""
    meter, stop, ledgers = Meter(), threading.Event(), {}  # type: ignore[var-annotated]

    def look() -> None:
        number = 0
        while True:
            trees = {group: list(pids) for group, pids in roots().items()}
            meter.samples.append(
                Sample(
                    time.monotonic(),
                    {
                        group: ledgers.setdefault(group, Ledger()).add_up(pids)
                        for group, pids in trees.items()
                    },
                )
            )
            if number % MEMORY_EVERY == 0:
                for group, pids in trees.items():
                    used = sum(memory_of(process) for pid in pids for process in family(pid))
                    meter.memory_bytes[group] = max(meter.memory_bytes.get(group, 0), used)
            number += 1
            if stop.wait(SAMPLE_SECONDS):
                return

    thread = threading.Thread(target=look, name="meter", daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        stop.set()
        thread.join()


def family(pid: int) -> list[psutil.Process]:
    """A process and its descendants; empty if it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except (psutil.Error, ValueError):
        return []


def memory_of(process: psutil.Process) -> int:
    """Bytes of its own plus its share of what it shares; 0 if it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
