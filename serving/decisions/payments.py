"""From the bytes of a request to a payment that the stream will not reject."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from serving.decisions.refusal import RefusalError
from serving.decisions.statement import PARAMETERS
from swipestream.card_numbers import holds_card_number
from swipestream.sending.errors import UnmappableError
from swipestream.sending.payment_checks import (
    ADVICE,
    CARD_NUMBER_FOUND,
    FORM,
    MOST_MS_BEHIND,
    TOO_OLD,
    check_payment,
    leave_out,
)

MOST_BYTES = 8192
# As the topic has them, in this order.
FIELDS = PARAMETERS[:-1]
REQUIRED = tuple(FIELDS[:7])
_TEXT = ("transaction_id", "card_id", "customer_id", "merchant_id", "device_id", "card_last4")
_HINTS = {
    "amount_cents": "an integer from 0 to 100000000, in minor units",
    "currency": "one of EUR, USD, GBP, CHF, SEK, NOK, DKK, PLN, CAD, AUD",
    "channel": "one of pos, online, atm",
    "latitude": "a number from -90 to 90 with a longitude, or null for both",
    "longitude": "a number from -180 to 180 with a latitude, or null for both",
    "event_ms": "UTC milliseconds since 1970, at most 5 minutes ahead; left out, it is now",
    "card_last4": "4 digits, or null",
}
# Cards that are nobody's, for who tries the API out: never stored, never sent.
SANDBOX = "test-"


@dataclass(frozen=True)
class Payment:
    """
    A payment to decide.

    :param values: by field of `FIELDS`; None for what was left out.
    :param request_hash: of the fields as they were sent, so that a repeated request is known by it
        although its time was left out.
    """

    values: Mapping[str, Any]
    request_hash: str

    @property
    def transaction_id(self) -> str:
        """The sender's number of the payment, unique for its card."""
        return str(self.values["transaction_id"])

    @property
    def card_id(self) -> str:
        """The card, by a keyed hash of its number."""
        return str(self.values["card_id"])

    @property
    def key(self) -> tuple[str, str]:
        """What the payment is known by, as in the tables."""
        return self.transaction_id, self.card_id

    @property
    def is_sandbox(self) -> bool:
        """Whether its card is a test's."""
        return self.card_id.startswith(SANDBOX)

    def message(self) -> bytes:
        """As it is sent to the topic."""
        return orjson.dumps(dict(self.values))


def now_ms() -> int:
    """UTC epoch milliseconds."""
    return time.time_ns() // 1_000_000


def read_object(body: bytes) -> dict[str, Any]:
    """
    A JSON object of a request.

    :raises RefusalError: it is too large, or is none.
    """
    if len(body) > MOST_BYTES:
        raise RefusalError(
            f"the body is larger than {MOST_BYTES} bytes",
            "send the documented fields only",
            status=413,
        )
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefusalError(
            "the body is not JSON", "send a JSON object in UTF-8", status=400
        ) from None
    if not isinstance(found, dict):
        raise RefusalError("the body is not a JSON object", "send one payment as an object")
    return found


def whole(value: Any) -> Any:
    """A number without a fraction as an integer, which 7.0 is in JSON; other values as they are."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read_payment(body: bytes, at_ms: int) -> Payment:
    """
    :param body: of the request.
    :param at_ms: now, UTC epoch milliseconds: the payment's time if it has none.
    :raises RefusalError: the stream would reject it, or it has a field of an unknown name.
    """
    sent = {name: value for name, value in read_object(body).items() if value is not None}
    for name in sent:
        if name not in FIELDS:
            raise RefusalError(
                "the body has a field of an unknown name", f"send only {', '.join(FIELDS)}"
            )
    values = dict.fromkeys(FIELDS) | {name: whole(value) for name, value in sent.items()}
    if values["event_ms"] is None:
        values["event_ms"] = at_ms
    _check_types(values)
    try:
        # Where the stream would go on without a field, this refuses.
        for problem in leave_out(dict(values)):
            field, _, fact = problem.partition(": ")
            if field == "a place":
                field = fact.partition(" ")[0]
            else:
                fact = CARD_NUMBER_FOUND if "card number" in fact else f"{field} {fact[3:]}"
            raise _refused(field, fact)
        check_payment(values, at_ms)
    except UnmappableError as error:
        raise _refused(_field_of(str(error), values), str(error)) from None
    digest = hashlib.sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Payment(values, digest)


def too_old(came_behind_ms: int | None) -> RefusalError | None:
    """
    What is wrong with a payment whose card has a much newer one.

    :param came_behind_ms: by how much.
    """
    if came_behind_ms is None or came_behind_ms <= MOST_MS_BEHIND:
        return None
    return RefusalError(TOO_OLD, "such a payment cannot be scored any more", "event_ms")


def _check_types(values: Mapping[str, Any]) -> None:
    """What JSON can hold and the checks of a payment do not expect."""
    for name, value in values.items():
        if isinstance(value, list | dict):
            raise _refused(name, f"{name} is a list or an object")
    for name in _TEXT:
        value = values[name]
        if value is not None and not isinstance(value, str):
            is_last4 = name == "card_last4"
            raise _refused(name, f"{name} is not {'4 digits' if is_last4 else FORM}")
    for name in ("latitude", "longitude"):
        value = values[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise _refused(name, f"{name} is not a number")


def _refused(field: str, fact: str) -> RefusalError:
    hint = _HINTS.get(field, FORM) if "card number" not in fact else ADVICE[CARD_NUMBER_FOUND]
    return RefusalError(fact, hint, field)


def _field_of(fact: str, values: Mapping[str, Any]) -> str:
    """The field that a reason to reject speaks of."""
    if fact == CARD_NUMBER_FOUND:
        return next((name for name in _TEXT if holds_card_number(str(values[name]))), "")
    word = fact.partition(" ")[0]
    return word if word in FIELDS else ""
