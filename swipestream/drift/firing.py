"""When a signal fires: after it has held, not for one odd day; and when it is over, and rests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from swipestream.drift.readings import Reading

# Periods in a row: two days, or two hours of the alert rate.
HOLD = 2
# After it is over a signal does not fire again for so many periods.
REST = 6
# Readings further apart do not follow each other.
GAP = 3


@dataclass(frozen=True)
class Firing:
    """
    A signal that has fired.

    :param began_at: when the first of the readings that made it fire began, UTC without a zone.
    :param fired_at: when the last of them was over.
    :param reading: the newest one beyond its limit.
    :param ended_at: when it had been calm for long enough; None while it lasts.
    """

    began_at: datetime
    fired_at: datetime
    reading: Reading
    ended_at: datetime | None = None


def firings(readings: Sequence[Reading]) -> list[Firing]:
    """
    Each time that a signal fired, the first one first.

    A period with too few payments counts neither way.

    :param readings: of one signal and subject, the oldest first.
    """
    found: list[Firing] = []
    run: list[Reading] = []
    calm = 0
    for reading in readings:
        if not reading.is_enough:
            continue
        period = timedelta(seconds=reading.period_seconds)
        if run and reading.event_time - run[-1].event_time > GAP * period:
            run = []
        newest = found[-1] if found else None
        if newest and newest.ended_at is None:
            calm = 0 if reading.is_over else calm + 1
            if reading.is_over:
                found[-1] = replace(newest, reading=reading)
            elif calm == HOLD:
                found[-1] = replace(newest, ended_at=reading.until)
            continue
        run = [*run, reading] if reading.is_over else []
        rested_at = newest.ended_at + REST * period if newest and newest.ended_at else None
        rests = rested_at is not None and reading.event_time < rested_at
        if len(run) >= HOLD and not rests:
            found.append(Firing(run[-HOLD].event_time, reading.until, reading))
            run, calm = [], 0
    return found


def held(readings: Sequence[Reading]) -> int:
    """How many of the newest readings in a row are beyond their limit."""
    count = 0
    for reading in reversed([reading for reading in readings if reading.is_enough]):
        if not reading.is_over:
            break
        count += 1
    return count
