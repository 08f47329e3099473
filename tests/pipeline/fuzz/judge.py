"""What should become of a message, told without Flink: parity's reader and the documented rules."""

import re
from typing import Any

from swipestream.card_numbers import is_luhn_valid
from swipestream.parity.sent_payments import as_payment, objects_in

IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
NUMBER_LIKE = re.compile(
    r"(?<![0-9])(?:4[0-9]{12}|3[0689][0-9]{12}|3[47][0-9]{13}|[456][0-9]{15,18}|35[0-9]{14}"
    r"|2[2-7][0-9]{14}|[2-6][0-9]{3}([-_.:])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}"
    r"|3[47][0-9]{2}[-_.:][0-9]{6}[-_.:][0-9]{5})(?![0-9])"
)
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD")
YEAR_2000_MS, YEAR_2100_MS = 946_684_800_000, 4_102_444_800_000
AHEAD_MS = 300_000


def accepted(value: bytes | None, arrived_ms: int) -> list[dict[str, Any]]:
    """
    The payments of a message that are to be scored, or noted as copies.

    :param arrived_ms: Kafka's time of the message, UTC epoch milliseconds.
    """
    payments = map(as_payment, objects_in(value))
    return [payment for payment in payments if is_valid(payment, arrived_ms)]


def is_utf8(value: bytes | None) -> bool:
    """Whether a message is text; the stream's JSON reader is not strict about that."""
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def is_valid(payment: dict[str, Any], arrived_ms: int) -> bool:
    """Whether docs/rejected_payments.md has no reason against a payment."""
    names = [payment[f"{name}_id"] for name in ("transaction", "card", "customer", "merchant")]
    if payment["device_id"] is not None:
        names.append(payment["device_id"])
    amount, event_ms = payment["amount_cents"], payment["event_ms"]
    place = payment["latitude"], payment["longitude"]
    return (
        all(name is not None and IDENTIFIER.fullmatch(name) for name in names)
        and not re.fullmatch(r"[0-9]{12,19}", payment["card_id"])
        and not any(holds_card_number(name) for name in names)
        and amount is not None
        and 0 <= amount <= 100_000_000
        and payment["currency"] in CURRENCIES
        and payment["channel"] in ("pos", "online", "atm")
        and (place == (None, None) or (None not in place and is_on_earth(*place)))
        and (payment["card_last4"] is None or bool(re.fullmatch("[0-9]{4}", payment["card_last4"])))
        and event_ms is not None
        and YEAR_2000_MS <= event_ms <= YEAR_2100_MS
        and event_ms <= arrived_ms + AHEAD_MS
    )


def holds_card_number(name: str) -> bool:
    """Whether an identifier has a card number in it, in one piece or in groups."""
    found = [match[0] for match in NUMBER_LIKE.finditer(name)]
    return any(is_luhn_valid(re.sub("[^0-9]", "", number).encode()) for number in found)


def is_on_earth(latitude: float, longitude: float) -> bool:
    """Whether these are degrees."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180
