"""The outcome that a message should have, by the documented rules alone and without Flink."""

import contextlib
import itertools
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from swipestream.card_numbers import holds_card_number

SCORED, DUPLICATE, CONFLICT, REJECTED = "scored", "duplicate", "conflict", "rejected"
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
TEXTS = (
    *("transaction_id", "card_id", "customer_id", "merchant_id"),
    *("currency", "channel", "device_id", "card_last4", "kind"),
)
WHOLE, DECIMAL = ("amount_cents", "event_ms"), ("latitude", "longitude")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD")
YEAR_2000_MS, YEAR_2100_MS = 946_684_800_000, 4_102_444_800_000
AHEAD_MS, KEPT_MS = 300_000, 32 * 86_400_000
MOST_LEVELS, MOST_DIGITS = 1000, 1000

Payment = dict[str, Any]


class Literal(str):
    """A number as it is written."""


@dataclass
class Card:
    """
    What is remembered of a card.

    :param known: amount, merchant and time by transaction_id.
    """

    newest_ms: int = 0
    known: dict[str, tuple[int, str, int]] = field(default_factory=dict)


class Judge:
    """Takes the messages of a topic in order; no card is in two partitions."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}

    def outcome(self, value: bytes | None, arrived_ms: int) -> tuple[str, Payment | None]:
        """
        Decide what the next message must become.

        :param arrived_ms: Kafka's time of the message, UTC epoch milliseconds.
        :return: the outcome, and the payment unless it is rejected.
        """
        payment = read(value)
        if payment is None or not is_valid(payment, arrived_ms):
            return REJECTED, None
        outcome = self._of_its_card(payment)
        return outcome, None if outcome == REJECTED else payment

    def _of_its_card(self, payment: Payment) -> str:
        card = self._cards.setdefault(payment["card_id"], Card())
        name, at_ms = payment["transaction_id"], payment["event_ms"]
        content = (payment["amount_cents"], payment["merchant_id"], at_ms)
        known = card.known.get(name)
        if known is not None and known[2] >= card.newest_ms - KEPT_MS:
            return DUPLICATE if known == content else CONFLICT
        if at_ms < card.newest_ms - KEPT_MS:
            return REJECTED
        card.newest_ms = max(card.newest_ms, at_ms)
        card.known[name] = content
        return SCORED


def read(value: bytes | None) -> Payment | None:
    """
    The fields of a message.

    :return: what a field's type does not hold is None. None if the message cannot be read, if a
        field is a list or an object, or if a position is not a number.
    """
    try:
        found = strict_json((value or b"").decode("utf-8"))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    fields = {name: found.get(name) for name in (*TEXTS, *WHOLE, *DECIMAL)}
    if any(isinstance(item, list | dict) for item in fields.values()):
        return None
    if any(fields[name] is not None and as_decimal(fields[name]) is None for name in DECIMAL):
        return None
    return (
        {name: as_text(fields[name]) for name in TEXTS}
        | {name: as_whole(fields[name]) for name in WHOLE}
        | {name: as_decimal(fields[name]) for name in DECIMAL}
    )


def strict_json(text: str) -> Any:
    """
    RFC 8259 and nothing more; numbers stay as they are written.

    :raises ValueError: it is anything else, too deep, or a number has too many digits.
    """
    if text.count("[") + text.count("{") > MOST_LEVELS and depth(text) > MOST_LEVELS:
        raise ValueError("nested too deeply")
    with deep_recursion():
        found = json.loads(
            text,
            parse_int=number,
            parse_float=number,
            parse_constant=refused,
        )
        # Half a surrogate pair is not a character.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


@contextlib.contextmanager
def deep_recursion() -> Iterator[None]:
    """Python's reader and writer call themselves for each level."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 3 * MOST_LEVELS)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def depth(text: str) -> int:
    """How many lists and objects of a JSON text are open at most at the same time."""
    brackets = re.sub(r'"(?:[^"\\]|\\.)*"?|[^"\[\]{}]+', "", text, flags=re.DOTALL)
    steps = (1 if bracket in "[{" else -1 for bracket in brackets)
    return max(itertools.accumulate(steps), default=0)


def number(literal: str) -> Literal:
    """:raises ValueError: it has too many digits."""
    if sum(letter.isdigit() for letter in literal) > MOST_DIGITS:
        raise ValueError("too many digits")
    return Literal(literal)


def refused(name: str) -> Any:
    """:raises ValueError: always; NaN and the like are not JSON."""
    raise ValueError(f"{name} is not JSON")


def literal_of(item: Any) -> str | None:
    """The number that an item is, or that its text holds."""
    is_number = isinstance(item, str) and NUMBER.fullmatch(item)
    return item if is_number and sum(map(str.isdigit, item)) <= MOST_DIGITS else None


def as_text(item: Any) -> str | None:
    """A text; of a number, true or false, how it is written."""
    if isinstance(item, bool):
        return "true" if item else "false"
    return None if item is None else str(item)


def as_whole(item: Any) -> int | None:
    """A whole number of 64 bits, however it is written."""
    literal = literal_of(item)
    if literal is None:
        return None
    digits, _, exponent = literal.lower().partition("e")
    if not digits.strip("-0."):
        return 0
    if len(exponent.strip("+-0")) > 4:
        return None
    exact = Decimal(literal)
    sign, figures, shift = exact.as_tuple()
    assert isinstance(shift, int)
    written = "".join(map(str, figures)).lstrip("0")
    if shift < 0:
        if set(written[shift:]) - {"0"} or len(written) <= -shift:
            return None
        written = written[:shift]
    elif len(written) + shift > 20:
        return None
    else:
        written += "0" * shift
    value = -int(written) if sign else int(written)
    return value if -(2**63) <= value < 2**63 else None


def as_decimal(item: Any) -> float | None:
    """The nearest floating-point number; none beyond the largest."""
    literal = literal_of(item)
    value = None if literal is None else float(literal)
    return None if value is None or value in (float("inf"), float("-inf")) else value


def is_valid(payment: Payment, arrived_ms: int) -> bool:
    """Whether docs/rejected_payments.md has no reason against a payment by itself."""
    names = [payment[f"{name}_id"] for name in ("transaction", "card", "customer", "merchant")]
    if payment["device_id"] is not None:
        names.append(payment["device_id"])
    amount, event_ms = payment["amount_cents"], payment["event_ms"]
    place = payment["latitude"], payment["longitude"]
    return (
        payment["kind"] is None
        and all(name is not None and IDENTIFIER.fullmatch(name) for name in names)
        and not re.fullmatch(r"[0-9]{12,19}", payment["card_id"])
        and not any(holds_card_number(name) for name in names)
        and amount is not None
        and 0 <= amount <= 100_000_000
        and payment["currency"] in CURRENCIES
        and payment["channel"] in ("pos", "online", "atm")
        and (place == (None, None) or (None not in place and is_on_earth(*place)))
        and len(payment["card_last4"] or "") < 12
        and event_ms is not None
        and YEAR_2000_MS <= event_ms <= YEAR_2100_MS
        and event_ms <= arrived_ms + AHEAD_MS
    )


def is_on_earth(latitude: float, longitude: float) -> bool:
    """Whether these are degrees."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180
