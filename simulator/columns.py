"""Payments as columns of numbers: compact, quick to sort, and the base of every output."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.draws import Integers, Words

CHANNELS = ("pos", "online", "atm")
POS, ONLINE_CHANNEL, ATM = 0, 1, 2
# Not part of an episode.
NO_EPISODE = -1


class Payment(NamedTuple):
    """One payment, with the fields of Columns but for scenario and episode."""

    event_ms: int
    customer: int
    merchant: int
    amount_cents: int
    channel: int
    latitude: int
    longitude: int
    device: int


@dataclass(frozen=True)
class Columns:
    """One entry per payment in each array."""

    event_ms: Integers
    customer: Integers
    merchant: Integers
    amount_cents: Integers
    channel: Integers
    # Steps of 1e-5 degrees; meaningless online.
    latitude: Integers
    longitude: Integers
    # 48 bits; 0 is none.
    device: Words
    # Index of the scenario, or NO_EPISODE.
    scenario: Integers
    # Number of the episode, or NO_EPISODE.
    episode: Integers

    def __len__(self) -> int:
        return len(self.event_ms)

    def where(self, chosen: NDArray[np.bool_] | Integers) -> "Columns":
        """The chosen payments: a mask, or positions in a new order."""
        return Columns(**{item.name: getattr(self, item.name)[chosen] for item in fields(self)})

    def in_order(self) -> "Columns":
        """Sorted by time; equal times by customer, then as they were."""
        return self.where(np.lexsort((self.customer, self.event_ms)))


def joined(parts: list[Columns]) -> Columns:
    """All payments of the parts, one part after the other."""
    return Columns(
        **{
            item.name: np.concatenate([getattr(part, item.name) for part in parts])
            for item in fields(Columns)
        }
    )


def as_sorted_index(values: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """
    Group positions by value.

    :return: positions sorted by value; each value; where its positions start and end.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.concatenate([starts[1:], [len(ordered)]])
    return order, ordered[starts], starts, ends


def rows(payments: Columns) -> Iterator[Payment]:
    """Each payment by itself."""
    return map(
        Payment._make,
        zip(*(getattr(payments, name).tolist() for name in Payment._fields), strict=True),
    )
