"""One byte per offset of the topic: what is there, and which tables know of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from swipestream.verify.topic_reading import Place, Stretch

MESSAGE, TICK, SCORED, DUPLICATE, CONFLICT, REJECTED, REDRIVEN = (1 << bit for bit in range(7))
TABLES = {
    "scored": SCORED,
    "duplicate": DUPLICATE,
    "conflict": CONFLICT,
    "rejected": REJECTED,
}
# Each message has one outcome. A tick of an earlier version, or a message that was sent again,
# counts as such only while no table knows of it.
OUTCOMES = TABLES | {"tick": TICK, "sent again": REDRIVEN}
STORED = SCORED | DUPLICATE | CONFLICT | REJECTED

Bytes = np.ndarray[Any, Any]


class Ledger:
    """What is known of each offset of a stretch."""

    def __init__(self, stretch: Stretch) -> None:
        self._begin = dict(stretch.begin)
        self._known: dict[int, Bytes] = {
            number: np.zeros(max(0, stretch.end[number] - begin), dtype=np.uint8)
            for number, begin in stretch.begin.items()
        }

    def note(
        self, what: int, partition: int, offsets: Sequence[int] | np.ndarray[Any, Any]
    ) -> None:
        """
        Take note of what is at some offsets of a partition.

        :param what: one of the flags, or several.
        :param offsets: those outside the stretch are passed over.
        """
        known = self._known.get(partition)
        if known is None:
            return
        positions = np.asarray(offsets, dtype=np.int64) - self._begin[partition]
        inside = positions[(positions >= 0) & (positions < len(known))]
        known[inside] |= what

    def note_places(self, what: int, places: Iterable[Place]) -> None:
        """The same, for places of any partition."""
        for place in places:
            self.note(what, place.partition, [place.offset])

    def counts(self) -> dict[str, int]:
        """Messages by what became of them; each counts once."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for known in self._known.values():
            left = known[known & MESSAGE > 0]
            for outcome, flag in OUTCOMES.items():
                is_it = left & flag > 0
                counts[outcome] += int(is_it.sum())
                left = left[~is_it]
        return counts

    def messages(self) -> int:
        """How many messages there are."""
        return sum(int((known & MESSAGE > 0).sum()) for known in self._known.values())

    def unaccounted(self) -> list[Place]:
        """Messages that nothing is known of, although later ones of the partition are stored."""
        return [place for place in self._open() if place.offset < self._reached(place.partition)]

    def waiting(self) -> list[Place]:
        """Messages that nothing is known of, at the end of a partition: not reached yet."""
        return [place for place in self._open() if place.offset > self._reached(place.partition)]

    def doubled(self) -> list[Place]:
        """Messages that two tables claim."""

        def is_doubled(known: Bytes) -> Bytes:
            claims = [known & flag > 0 for flag in TABLES.values()]
            doubled: Bytes = (known & MESSAGE > 0) & (np.sum(claims, axis=0) > 1)
            return doubled

        return self._places(is_doubled)

    def without_message(self) -> list[Place]:
        """Places that a table names and where the topic holds no message."""
        return self._places(lambda known: (known & MESSAGE == 0) & (known & STORED > 0))

    def longest_hole(self, partition: int) -> int:
        """The longest run of offsets without a message between two that have one."""
        places = np.flatnonzero(self._known[partition] & MESSAGE)
        return int(np.diff(places).max() - 1) if len(places) > 1 else 0

    def _open(self) -> list[Place]:
        flags = TICK | STORED | REDRIVEN
        return self._places(lambda known: (known & MESSAGE > 0) & (known & flags == 0))

    def _reached(self, partition: int) -> int:
        """The last offset that a table names; -1 if none does."""
        found = np.flatnonzero(self._known[partition] & STORED)
        return int(found[-1]) + self._begin[partition] if len(found) else -1

    def _places(self, choose: Callable[[Bytes], Bytes]) -> list[Place]:
        return [
            Place(number, int(position) + self._begin[number])
            for number, known in sorted(self._known.items())
            for position in np.flatnonzero(choose(known))
        ]
