"""When something is due, as the five fields of a crontab say it; in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Name, least and most of each field.
FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
)
# A 29th of February is at most eight years away.
LONGEST_DAYS = 366 * 8 + 1


@dataclass(frozen=True)
class CronText:
    """
    Minutes at which something is due.

    :param allowed: of each of `FIELDS`, the numbers that match; 7 is Sunday, as 0 is.
    :param with_days: whether the day of the month is restricted, and that of the week. If both are,
        a day has to match one of them.

    Source: crontab(5)
    """

    allowed: tuple[frozenset[int], ...]
    with_days: tuple[bool, bool]

    @classmethod
    def parse(cls, text: str) -> "CronText":
        """
        Read such as ``30 3 * * *``, ``0 */6 * * 1-5`` or ``0 4 1,15 * *``.

        :raises ValueError: says which field is wrong.
        """
        words = text.split()
        if len(words) != len(FIELDS):
            raise ValueError(f"it has {len(words)} fields, not {len(FIELDS)}")
        allowed = tuple(_numbers(word, *field) for word, field in zip(words, FIELDS, strict=True))
        weekdays = frozenset(number % 7 for number in allowed[4])
        return cls((*allowed[:4], weekdays), (words[2] != "*", words[4] != "*"))

    def newest(self, now: datetime) -> datetime | None:
        """
        The last minute up to ``now`` at which it was due.

        :param now: with a time zone.
        :return: UTC; None if it was never due within eight years.
        """
        at = now.astimezone(UTC).replace(second=0, microsecond=0)
        until = at - timedelta(days=LONGEST_DAYS)
        minutes, hours, *_ = self.allowed
        while at > until:
            if not self._is_day(at):
                at = at.replace(hour=0, minute=0) - timedelta(minutes=1)
            elif at.hour not in hours:
                at = at.replace(minute=0) - timedelta(minutes=1)
            elif at.minute not in minutes:
                at -= timedelta(minutes=1)
            else:
                return at
        return None

    def _is_day(self, at: datetime) -> bool:
        _, _, days, months, weekdays = self.allowed
        if at.month not in months:
            return False
        is_day, is_weekday = at.day in days, at.isoweekday() % 7 in weekdays
        return is_day or is_weekday if all(self.with_days) else is_day and is_weekday


def _numbers(word: str, name: str, least: int, most: int) -> frozenset[int]:
    """:raises ValueError: not a list of numbers, ranges and steps within the limits."""
    found: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            low = least if span == "*" else int(first)
            high = most if span == "*" or (step and not last) else int(last or first)
            width = int(step) if step else 1
        except ValueError:
            raise ValueError(f"{part!r} is no {name}") from None
        if not (least <= low <= high <= most and width > 0):
            raise ValueError(f"{part!r} is no {name} from {least} to {most}")
        found.update(range(low, high + 1, width))
    return frozenset(found)
