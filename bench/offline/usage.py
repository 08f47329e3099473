"""What a program used since a moment, measured by itself."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """
    One piece of work, done once.

    :param seconds: of wall time.
    :param cpu_seconds: of all threads.
    :param memory_mb: the most that the process had.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: float


class Stopwatch:
    """A stopwatch that starts when it is made."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._cpu_begin = time.process_time()

    def result(self, rows: int) -> str:
        """
        A `Timing` up to now, and the rows that were written, as JSON.

        :param rows: that were written.
        """
        timing = Timing(
            time.monotonic() - self._begin, time.process_time() - self._cpu_begin, peak_memory_mb()
        )
        return json.dumps({**asdict(timing), "rows": rows})


def peak_memory_mb() -> float:
    """
    The most that this program has had in memory.

    Not from getrusage: there a process begins with the peak of the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
