"""Times: impossible, ancient, ahead, and a clock that jumps."""

import itertools
import time
from collections.abc import Iterator

from tests.pipeline.fuzz.source import Source

DAY_MS = 86_400_000
YEAR_2000_MS = 946_684_800_000
YEAR_2100_MS = 4_102_444_800_000


def impossible_times(source: Source) -> Iterator[bytes]:
    """Before 2000, after 2100, in seconds, in microseconds, far ahead."""
    odd = (0, 1, -1, YEAR_2000_MS - 1, YEAR_2100_MS + 1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**63)
    while True:
        for moment in odd:
            yield source.good(event_ms=moment)
        now = source.clock_ms
        yield source.good(event_ms=now // 1000)
        yield source.good(event_ms=now * 1000)
        yield source.good(event_ms=YEAR_2100_MS)
        yield source.good(event_ms=now + 400 * DAY_MS)
        yield source.good(event_ms=float(now) + 0.7)
        yield source.raw("event_ms", f'"{now}"')
        yield source.raw("event_ms", f'"{now}.9"')
        yield source.raw("event_ms", f"{now / 1e12!r}e12")


def ancient_times(source: Source) -> Iterator[bytes]:
    """Possible, and long ago."""
    while True:
        yield source.good(event_ms=YEAR_2000_MS)
        yield source.good(event_ms=source.clock_ms - source.random.randrange(9_000) * DAY_MS)
        yield source.good(event_ms=source.clock_ms - source.random.randrange(100))


def clock_steps(source: Source) -> Iterator[bytes]:
    """A sender's clock that jumps by minutes and days, back and forth, and ahead of Kafka's."""
    for step in itertools.cycle((0, 60, -60, 290, -290, 299, 0, 310, -86_400, 3_600, -7_200)):
        ahead = step > 60
        base = round(time.time() * 1000) if ahead else source.clock_ms
        yield source.good(event_ms=base + step * 1000)
