"""What `produce` refuses is what the jobs reject: the cases of their SQL, given to its checks."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.sending.errors import UnmappableError
from swipestream.sending.payment_checks import (
    ADVICE,
    CARD_NUMBER_FOUND,
    FORM,
    TOO_OLD,
    check_label,
    check_payment,
    leave_out,
)
from tests.sql.cases import CASES_ROOT
from tests.sql.reject_reasons import HISTORY_REASONS, LABEL_REASONS, PAYMENT_REASONS

PAYMENT_CASES = CASES_ROOT / "payments/intake/payments_checked"
# Kafka's time is the message's own, or this, the first moment of 2030.
SENT_MS = 1_893_456_000_000


def messages(case: Path) -> list[tuple[dict[str, Any], str | None]]:
    """Messages of a case that a file could become, each with the job's reason."""
    inputs = [path for path in case.glob("*.jsonl") if path.name != "expect.jsonl"]
    expected = [json.loads(line) for line in (case / "expect.jsonl").read_text().splitlines()]
    lines = inputs[0].read_text().splitlines() if len(inputs) == 1 else []
    if len(lines) != len(expected) or not all("reason" in row for row in expected):
        return []
    offsets = [row.get("kafka_offset", number) for number, row in enumerate(expected)]
    found = []
    for offset, row in zip(offsets, expected, strict=True):
        try:
            message = json.loads(lines[offset])
        except ValueError:
            continue
        if isinstance(message, dict):
            found.append((message, row["reason"]))
    return found


def said_of(check: Any, message: dict[str, Any]) -> str | None:
    """The reason of a check."""
    try:
        check(message, SENT_MS)
    except UnmappableError as error:
        return str(error)
    return None


def is_of_types(message: dict[str, Any]) -> bool:
    """Whether the fields have the types that a mapping makes."""
    types: dict[str, Any] = dict.fromkeys(PAYMENT_FIELDS, str)
    types |= dict.fromkeys(("amount_cents", "event_ms"), int)
    types |= dict.fromkeys(("latitude", "longitude"), int | float)
    return all(
        name in types and (value is None or isinstance(value, types[name]))
        for name, value in message.items()
    )


def test_the_jobs_cases_of_payments() -> None:
    compared = 0
    for case in sorted(PAYMENT_CASES.iterdir()):
        for message, reason in messages(case):
            if not is_of_types(message):
                continue
            payment = dict.fromkeys(PAYMENT_FIELDS) | message
            left_out = list(leave_out(payment))
            said = said_of(check_payment, payment)
            if left_out:
                # Sent without what the job would reject it for.
                assert said is None, case.name
                continue
            assert said == reason, f"{case.name}: {message}"
            compared += 1
    assert compared > 25


# What makes a good payment one that a job rejects for this reason.
BAD_PAYMENTS: dict[str, dict[str, Any]] = {
    f"{name} is missing or not {FORM}": {name: "a b"}
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id")
} | {
    "card_id looks like a card number: send a keyed hash": {"card_id": "411111111112"},
    CARD_NUMBER_FOUND: {"merchant_id": "m-4111111111111111"},
    "amount_cents is missing or not an integer": {"amount_cents": None},
    "amount_cents is below 0": {"amount_cents": -1},
    "amount_cents is above 100000000": {"amount_cents": 100_000_001},
    "currency is missing or not supported": {"currency": "XXX"},
    "channel is missing or not one of pos, online, atm": {"channel": None},
    "event_ms is missing or not an integer": {"event_ms": None},
    "event_ms is before the year 2000": {"event_ms": 5},
    "event_ms is after the year 2100": {"event_ms": 4_102_444_800_001},
    "event_ms is more than 5 minutes in the future": {"event_ms": SENT_MS + 300_001},
}
# `produce` sends these payments without the field.
LEFT_OUT: dict[str, dict[str, Any]] = {
    f"device_id is not {FORM}": {"device_id": "a b"},
    "latitude and longitude are not both present or both null": {"latitude": None},
    "latitude is not between -90 and 90": {"latitude": 91.0},
    "longitude is not between -180 and 180": {"longitude": 181.0},
    "card_last4 is longer than 11 characters": {"card_last4": "123456789012"},
}
# No mapping makes a `kind`.
NEVER_SENT = {"kind is present: this topic takes payments only"}
BAD_LABELS: dict[str, dict[str, Any]] = {
    f"transaction_id is missing or not {FORM}": {"transaction_id": "a b"},
    "is_fraud is missing or not true or false": {"is_fraud": "yes"},
    f"reason is not {FORM}": {"reason": "a b"},
    f"scenario is not {FORM}": {"scenario": "card testing"},
    f"source is missing or not {FORM}": {"source": None},
    "a field holds a card number": {"transaction_id": "4111111111111111"},
    "labelled_ms is missing or not an integer": {"labelled_ms": None},
    "labelled_ms is before the year 2000": {"labelled_ms": 5},
    "labelled_ms is after the year 2100": {"labelled_ms": 4_102_444_800_001},
    "labelled_ms is more than 366 days in the future": {"labelled_ms": SENT_MS + 367 * 86_400_000},
    "event_ms is before the year 2000": {"event_ms": 5},
    "event_ms is after labelled_ms": {"event_ms": SENT_MS + 1},
}
# A mapping makes a number of it or nothing.
NEVER_SENT_LABELS = {"event_ms is not an integer"}
GOOD_PAYMENT: dict[str, Any] = dict(
    zip(
        PAYMENT_FIELDS,
        ("t1", "c1", "k1", "m1", 100, "EUR", "pos", 1.0, 2.0, "d1", "1234", SENT_MS),
        strict=True,
    )
)
GOOD_LABEL: dict[str, Any] = dict(
    zip(LABEL_FIELDS, ("t1", True, "file", None, SENT_MS - 1, SENT_MS, "bank"), strict=True)
)
ODD: tuple[Any, ...] = (
    None,
    "",
    "a b",
    "x" * 65,
    "4111111111111111",
    True,
    -1,
    0,
    5,
    91.5,
    10**9,
    10**15,
    [],
    {},
)


def test_every_reason_of_the_jobs_is_compared_here() -> None:
    assert BAD_PAYMENTS.keys() | LEFT_OUT.keys() | NEVER_SENT == PAYMENT_REASONS
    assert BAD_LABELS.keys() | NEVER_SENT_LABELS == LABEL_REASONS
    assert TOO_OLD in HISTORY_REASONS


def test_a_good_payment_and_a_good_label_go() -> None:
    assert said_of(check_payment, GOOD_PAYMENT) is None
    assert said_of(check_label, GOOD_LABEL) is None


@pytest.mark.parametrize("reason", BAD_PAYMENTS)
def test_a_bad_payment_is_refused_in_the_jobs_words(reason: str) -> None:
    assert said_of(check_payment, GOOD_PAYMENT | BAD_PAYMENTS[reason]) == reason


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_what_a_payment_can_do_without_is_left_out(reason: str) -> None:
    payment = GOOD_PAYMENT | LEFT_OUT[reason]
    assert list(leave_out(payment))
    assert said_of(check_payment, payment) is None
    assert not list(leave_out(payment))


@pytest.mark.parametrize("reason", BAD_LABELS)
def test_a_bad_label_is_refused_in_the_jobs_words(reason: str) -> None:
    assert said_of(check_label, GOOD_LABEL | BAD_LABELS[reason]) == reason


@pytest.mark.parametrize("name", PAYMENT_FIELDS)
def test_no_payment_is_refused_in_other_words(name: str) -> None:
    said = {said_of(check_payment, GOOD_PAYMENT | {name: value}) for value in ODD}
    assert said <= PAYMENT_REASONS | {None}


@pytest.mark.parametrize("name", LABEL_FIELDS)
def test_no_label_is_refused_in_other_words(name: str) -> None:
    numbers = name in ("event_ms", "labelled_ms")
    odd = [value for value in ODD if not numbers or value is None or type(value) is int]
    said = {said_of(check_label, GOOD_LABEL | {name: value}) for value in odd}
    assert said <= LABEL_REASONS | {None}


def test_advice_is_of_reasons_that_exist() -> None:
    assert ADVICE.keys() <= PAYMENT_REASONS | HISTORY_REASONS
