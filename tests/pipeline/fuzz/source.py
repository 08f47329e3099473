"""The source of every family of poison: one seed, new valid payments, and their bytes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

Payment = dict[str, Any]
FIELDS = (
    "transaction_id",
    "card_id",
    "customer_id",
    "merchant_id",
    "amount_cents",
    "currency",
    "channel",
    "latitude",
    "longitude",
    "device_id",
    "card_last4",
    "event_ms",
)
IDENTIFIERS = ("transaction_id", "card_id", "customer_id", "merchant_id", "device_id")
CARDS = 300


@dataclass(frozen=True)
class Odd:
    """A value that is odd, or goes to Kafka in an odd way."""

    value: bytes | None
    key: bytes | None = b"fuzz"
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Source:
    """
    Draws good payments.

    :param seed: the same seed gives the same messages.
    :param begin_ms: time of the first payment, UTC epoch milliseconds; each next one is 1 ms later.
    :param name: what its payments and cards are named after; of another source, another one.
    """

    def __init__(self, seed: int, begin_ms: int, name: str = "") -> None:
        self.random = Random(seed)
        self.name = name or f"z{seed}"
        self.clock_ms = begin_ms
        self.count = 0

    def payment(self, **changes: Any) -> Payment:
        """A good payment, later than all before."""
        self.count += 1
        self.clock_ms += 1
        is_online = self.random.random() < 0.3
        return {
            "transaction_id": f"{self.name}-{self.count}",
            "card_id": f"{self.name}-card-{self.random.randrange(CARDS)}",
            "customer_id": "k-nobody",
            "merchant_id": f"m-{self.random.randrange(40)}",
            "amount_cents": self.random.randrange(100_000),
            "currency": "EUR",
            "channel": "online" if is_online else self.random.choice(("pos", "atm")),
            "latitude": None if is_online else round(self.random.uniform(-90, 90), 5),
            "longitude": None if is_online else round(self.random.uniform(-180, 180), 5),
            "device_id": "d-1" if is_online else None,
            "card_last4": "1234",
            "event_ms": self.clock_ms,
        } | changes

    def good(self, **changes: Any) -> bytes:
        """The same, as bytes."""
        return encoded(self.payment(**changes))

    def raw(self, field: str, literal: bytes | str) -> bytes:
        """A payment whose field is written exactly so."""
        text = literal.encode() if isinstance(literal, str) else literal
        return encoded(self.payment(**{field: "\x00here"})).replace(b'"\\u0000here"', text)


Family = Callable[[Source], Iterator[bytes | Odd | None]]


def encoded(payment: Payment) -> bytes:
    """Compact JSON."""
    return json.dumps(payment, separators=(",", ":"), ensure_ascii=False).encode()
