"""Disorder on request: what real gateways do to a stream, with an exact account of it.

Late, out-of-order and unknown are payments altered, each in one way at most. Duplicates and
malformed messages come on top. So of a stream with n payments

    messages = n + duplicate + malformed
"""

import dataclasses
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.draws import Draws
from simulator.errors import WorldError

TIME_FIELD = b'"event_ms":'
# A delay is drawn so that short ones prevail.
LATE_SECONDS = (5.0, 6 * 3600.0)
SWAP_MS = (5.0, 3000.0)
COPY_MS = (0.0, 20_000.0)
FUTURE_MS = 3_600_000


class Message(NamedTuple):
    """One message of the payments topic."""

    # When to send it, UTC epoch milliseconds.
    send_ms: int
    key: bytes | None
    value: bytes | None
    # Of the payment it is or was; empty if it never was one.
    transaction_id: str


@dataclass(frozen=True)
class Disorder:
    """How much of each; shares of the payments, between 0 and 1."""

    late: float = 0.0
    duplicate: float = 0.0
    out_of_order: float = 0.0
    malformed: float = 0.0
    unknown: float = 0.0
    # Longest delay of a late payment.
    late_seconds: tuple[float, float] = LATE_SECONDS

    def check(self) -> None:
        """:raises WorldError: a share that is none."""
        shares = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if item.name != "late_seconds"
        }
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise WorldError(
                    f"share {share:g} of {name.replace('_', '-')} is not between 0 and 1",
                    "0.05 is one in twenty",
                )
        if self.late + self.out_of_order + self.unknown > 1:
            raise WorldError(
                "late, out-of-order and unknown make more than all payments",
                "a payment is altered in one way at most: lower them",
            )


@dataclass
class Account:
    """Exactly what was done."""

    payments: int = 0
    messages: int = 0
    late: int = 0
    duplicate: int = 0
    out_of_order: int = 0
    unknown_customer: int = 0
    unknown_merchant: int = 0
    malformed: Counter[str] = field(default_factory=Counter)
    # Identifiers of payments by what was done to them.
    ids: dict[str, set[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The account for people; empty if all was in order."""
        counts = {
            "late": self.late,
            "duplicate": self.duplicate,
            "out of order": self.out_of_order,
            "unknown customer": self.unknown_customer,
            "unknown merchant": self.unknown_merchant,
            "malformed": self.malformed.total(),
        }
        if not any(counts.values()):
            return []
        return ["disorder: " + ", ".join(f"{count:,} {name}" for name, count in counts.items())]

    def note(self, kind: str, transaction_id: str) -> None:
        """Remember which payment."""
        self.ids.setdefault(kind, set()).add(transaction_id)


def with_event_ms(value: bytes, event_ms: int) -> bytes:
    """The same message at another time."""
    return value[: value.rindex(TIME_FIELD) + len(TIME_FIELD)] + b"%d}" % event_ms


def with_field(value: bytes, name: bytes, new: bytes) -> bytes:
    """
    The same message with another value of one field.

    :param new: as JSON.
    """
    begin = value.index(b'"' + name + b'":') + len(name) + 3
    end = value.index(b',"', begin) if b',"' in value[begin:] else len(value) - 1
    return value[:begin] + new + value[end:]


def without_field(value: bytes, name: bytes) -> bytes:
    """The same message without one field that is not its last."""
    begin = value.index(b'"' + name + b'":')
    return value[:begin] + value[value.index(b',"', begin) + 1 :]


def _latitude_alone(value: bytes) -> bytes:
    return with_field(with_field(value, b"latitude", b"48.1"), b"longitude", b"null")


def _in_future(value: bytes) -> bytes:
    event_ms = int(value[value.rindex(TIME_FIELD) + len(TIME_FIELD) : -1])
    return with_event_ms(value, event_ms + FUTURE_MS)


# Every kind is certain to be rejected.
MALFORMATIONS: dict[str, Callable[[bytes], bytes | None]] = {
    "truncated": lambda value: value[: len(value) * 2 // 3],
    "not_json": lambda value: b"payment of " + value[20:40].replace(b'"', b""),
    "not_an_object": lambda value: b"[" + value + b"]",
    "empty": lambda value: b"",
    "tombstone": lambda value: None,
    "invalid_utf8": lambda value: value[:-1] + b',"note":"\xff\xfe\xc3',
    "amount_is_text": lambda value: with_field(value, b"amount_cents", b'"a lot"'),
    "amount_is_negative": lambda value: with_field(value, b"amount_cents", b"-100"),
    "amount_is_missing": lambda value: without_field(value, b"amount_cents"),
    "card_is_missing": lambda value: without_field(value, b"card_id"),
    "merchant_has_nul": lambda value: with_field(value, b"merchant_id", b'"m\\u0000001"'),
    "currency_is_unknown": lambda value: with_field(value, b"currency", b'"XXX"'),
    "channel_is_unknown": lambda value: with_field(value, b"channel", b'"pigeon"'),
    "place_is_half": _latitude_alone,
    "time_is_text": lambda value: with_event_ms(value, 0)[:-2] + b'"yesterday"}',
    "time_is_in_future": _in_future,
}


def disturbed(
    messages: Iterable[Message], disorder: Disorder, account: Account, seed: int = 0
) -> Iterator[Message]:
    """
    The same stream with disorder, in order of sending.

    :param messages: in order of `send_ms`, one per payment.
    :param account: filled with what was done to the messages handed out so far.
    """
    disorder.check()
    draws = Draws(seed, "disorder")
    kinds = list(MALFORMATIONS)
    held: list[tuple[int, int, Message]] = []
    number = 0

    def hold(message: Message) -> None:
        nonlocal number
        number += 1
        heapq.heappush(held, (message.send_ms, number, message))

    for message in messages:
        while held and held[0][0] <= message.send_ms:
            account.messages += 1
            yield heapq.heappop(held)[2]
        account.payments += 1
        altered = _altered(message, disorder, account, draws)
        if altered.send_ms > message.send_ms:
            hold(altered)
        else:
            account.messages += 1
            yield altered
        if draws.uniform() < disorder.duplicate:
            account.duplicate += 1
            account.note("duplicate", message.transaction_id)
            delay = int(_skewed(draws, *COPY_MS))
            hold(altered._replace(send_ms=altered.send_ms + delay))
        if draws.uniform() < disorder.malformed and message.value is not None:
            kind = kinds[draws.below(len(kinds))]
            account.malformed[kind] += 1
            # Its own id, or a repaired copy could pass for the payment.
            strange = with_field(
                message.value, b"transaction_id", b'"x-%d"' % account.malformed.total()
            )
            hold(Message(message.send_ms, message.key, MALFORMATIONS[kind](strange), ""))
    while held:
        account.messages += 1
        yield heapq.heappop(held)[2]


def _skewed(draws: Draws, low: float, high: float) -> float:
    spread = draws.uniform()
    return low + (high - low) * spread * spread * spread * spread


def _altered(message: Message, disorder: Disorder, account: Account, draws: Draws) -> Message:
    """The message, or in its place one that is late, held back or about somebody unknown."""
    choice = draws.uniform()
    value = message.value
    if value is None:
        return message
    if choice < disorder.late:
        account.late += 1
        account.note("late", message.transaction_id)
        event_ms = int(value[value.rindex(TIME_FIELD) + len(TIME_FIELD) : -1])
        delay_ms = int(_skewed(draws, *disorder.late_seconds) * 1000)
        return message._replace(value=with_event_ms(value, event_ms - delay_ms))
    choice -= disorder.late
    if choice < disorder.out_of_order:
        account.out_of_order += 1
        account.note("out_of_order", message.transaction_id)
        return message._replace(send_ms=message.send_ms + int(_skewed(draws, *SWAP_MS)))
    choice -= disorder.out_of_order
    if choice < disorder.unknown:
        stranger = b"%06d" % draws.below(1_000_000)
        if draws.uniform() < 0.5:
            account.unknown_customer += 1
            account.note("unknown_customer", message.transaction_id)
            value = with_field(value, b"customer_id", b'"c-unknown-' + stranger + b'"')
        else:
            account.unknown_merchant += 1
            account.note("unknown_merchant", message.transaction_id)
            value = with_field(value, b"merchant_id", b'"m-unknown-' + stranger + b'"')
        return message._replace(value=value)
    return message
