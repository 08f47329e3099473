"""What the jobs would reject, said before it is sent, in their words.

Source: sql/payments/intake/payments_checked.sql and sql/labels/sources/labels_checked.sql;
tests/sending/test_checks_as_in_the_jobs.py compares every reason.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flink_jobs.pipelines import PAYMENTS
from swipestream.card_numbers import holds_card_number
from swipestream.sending.errors import UnmappableError
from swipestream.sending.field_kinds import IDENTIFIER

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD")
CHANNELS = ("pos", "online", "atm")
CARD_NUMBER = re.compile(r"[0-9]{12,19}\Z")
LAST4 = re.compile(r"[0-9]{4}\Z")
MOST_CENTS = 100_000_000
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
MOST_MS_AHEAD = 5 * 60_000
MOST_LABEL_MS_AHEAD = 366 * 86_400_000
MOST_MS_BEHIND = PAYMENTS.kept.kept_ms
TOO_OLD = "event_ms is more than 32 days before the newest of its card"
FORM = "1 to 64 of A-Z a-z 0-9 _ . : -"
CARD_NUMBER_FOUND = "an identifier holds a card number: send a keyed hash"
# What to change in a mapping.
ADVICE = {
    "card_id looks like a card number: send a keyed hash": 'map card_id with as = "card_hash"',
    CARD_NUMBER_FOUND: 'a card number belongs in card_id, mapped with as = "card_hash"; an id '
    "that only looks like one: write it in another base, or hash it",
    "event_ms is before the year 2000": 'format = "seconds" or "milliseconds"? If they are counted '
    'from another beginning than 1970, name it with since = "2026-01-31", or use --shift-to-now',
    "event_ms is after the year 2100": 'format = "seconds", "milliseconds" or "microseconds"?',
    "event_ms is more than 5 minutes in the future": 'name the time zone with zone = "...", or use '
    "--shift-to-now",
    TOO_OLD: "sort the file by time",
} | {
    f"{name} is missing or not {FORM}": 'map names with as = "identifier"'
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id")
}


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and IDENTIFIER.match(value) is not None


def leave_out(payment: dict[str, Any]) -> Iterator[str]:
    """
    Take out optional fields that cannot be used; without them a payment is scored still.

    :return: what each payment goes without, and why.
    """
    latitude, longitude = payment["latitude"], payment["longitude"]
    place = _place_problem(latitude, longitude)
    if place:
        payment["latitude"] = payment["longitude"] = None
        yield f"a place: {place}"
    device_id = payment["device_id"]
    if device_id is not None and not _is_identifier(device_id):
        payment["device_id"] = None
        yield f"device_id: it is not {FORM}"
    elif device_id is not None and holds_card_number(device_id):
        payment["device_id"] = None
        yield "device_id: it holds a card number"
    last4 = payment["card_last4"]
    if last4 is not None and not LAST4.match(last4):
        payment["card_last4"] = None
        yield "card_last4: it is not 4 digits"


def _place_problem(latitude: float | None, longitude: float | None) -> str | None:
    if (latitude is None) != (longitude is None):
        return "latitude and longitude are not both present or both null"
    if latitude is None or longitude is None:
        return None
    if not -90 <= latitude <= 90:
        return "latitude is not between -90 and 90"
    if not -180 <= longitude <= 180:
        return "longitude is not between -180 and 180"
    return None


def check_payment(payment: Mapping[str, Any], now_ms: int) -> None:
    """
    Find the first reason to reject a payment whose optional fields can be used.

    :param now_ms: when it is sent, UTC epoch milliseconds.
    :raises UnmappableError: with the job's reason.
    """
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id"):
        if not _is_identifier(payment[name]):
            raise UnmappableError(f"{name} is missing or not {FORM}")
    if CARD_NUMBER.match(payment["card_id"]):
        raise UnmappableError("card_id looks like a card number: send a keyed hash")
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id"):
        if holds_card_number(payment[name]):
            raise UnmappableError(CARD_NUMBER_FOUND)
    cents = payment["amount_cents"]
    if not isinstance(cents, int) or isinstance(cents, bool):
        raise UnmappableError("amount_cents is missing or not an integer")
    if cents < 0:
        raise UnmappableError("amount_cents is below 0")
    if cents > MOST_CENTS:
        raise UnmappableError(f"amount_cents is above {MOST_CENTS}")
    if payment["currency"] not in CURRENCIES:
        raise UnmappableError("currency is missing or not supported")
    if payment["channel"] not in CHANNELS:
        raise UnmappableError(f"channel is missing or not one of {', '.join(CHANNELS)}")
    _check_time("event_ms", payment["event_ms"])
    if payment["event_ms"] > now_ms + MOST_MS_AHEAD:
        raise UnmappableError("event_ms is more than 5 minutes in the future")


def _check_time(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnmappableError(f"{name} is missing or not an integer")
    if value < EARLIEST_MS:
        raise UnmappableError(f"{name} is before the year 2000")
    if value > LATEST_MS:
        raise UnmappableError(f"{name} is after the year 2100")


def check_label(label: Mapping[str, Any], now_ms: int) -> None:
    """
    Find the first reason to reject a label.

    :param now_ms: when it is sent, UTC epoch milliseconds.
    :raises UnmappableError: with the job's reason.
    """
    if not _is_identifier(label["transaction_id"]):
        raise UnmappableError(f"transaction_id is missing or not {FORM}")
    if not isinstance(label["is_fraud"], bool):
        raise UnmappableError("is_fraud is missing or not true or false")
    for name in ("reason", "scenario"):
        if label[name] is not None and not _is_identifier(label[name]):
            raise UnmappableError(f"{name} is not {FORM}")
    if not _is_identifier(label["source"]):
        raise UnmappableError(f"source is missing or not {FORM}")
    for name in ("transaction_id", "reason", "scenario", "source"):
        if label[name] is not None and holds_card_number(label[name]):
            raise UnmappableError("a field holds a card number")
    _check_time("labelled_ms", label["labelled_ms"])
    if label["labelled_ms"] > now_ms + MOST_LABEL_MS_AHEAD:
        raise UnmappableError("labelled_ms is more than 366 days in the future")
    event_ms = label["event_ms"]
    if event_ms is None:
        return
    if event_ms < EARLIEST_MS:
        raise UnmappableError("event_ms is before the year 2000")
    if event_ms > label["labelled_ms"]:
        raise UnmappableError("event_ms is after labelled_ms")


class NewestOfCards:
    """Which payments come too far behind the newest of their card."""

    def __init__(self) -> None:
        self._newest_ms: dict[str, int] = {}

    def check(self, payment: Mapping[str, Any]) -> None:
        """
        Look at the next payment, in the order in which they are sent.

        :raises UnmappableError: with the job's reason.
        """
        card_id, event_ms = payment["card_id"], payment["event_ms"]
        newest_ms = self._newest_ms.get(card_id, event_ms)
        if event_ms < newest_ms - MOST_MS_BEHIND:
            raise UnmappableError(TOO_OLD)
        self._newest_ms[card_id] = max(newest_ms, event_ms)
