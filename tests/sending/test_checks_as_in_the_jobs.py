"""What `produce` refuses is what the jobs reject: the cases of their SQL, given to its checks."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.sending.errors import UnmappableError
from swipestream.sending.payment_checks import check_label, check_payment, leave_out
from tests.sql.cases import CASES_ROOT

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


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"transaction_id": "a b"}, "transaction_id is missing or not 1 to 64"),
        ({"is_fraud": "yes"}, "is_fraud is missing or not true or false"),
        ({"scenario": "card testing"}, "scenario is not 1 to 64"),
        ({"source": None}, "source is missing or not 1 to 64"),
        ({"transaction_id": "4111111111111111"}, "a field holds a card number"),
        ({"labelled_ms": 5}, "labelled_ms is before the year 2000"),
        ({"labelled_ms": SENT_MS + 367 * 86_400_000}, "labelled_ms is more than 366 days"),
        ({"event_ms": SENT_MS + 1}, "event_ms is after labelled_ms"),
    ],
)
def test_labels(changes: dict[str, Any], reason: str | None) -> None:
    good = ("t1", True, "file", None, SENT_MS - 1, SENT_MS, "bank")
    said = said_of(check_label, dict(zip(LABEL_FIELDS, good, strict=True)) | changes)
    assert said == reason if reason is None else str(said).startswith(reason)


def test_the_reasons_are_the_jobs_words() -> None:
    sql = (CASES_ROOT.parents[1] / "sql/labels/sources/labels_checked.sql").read_text()
    for reason in (
        "labelled_ms is more than 366 days in the future",
        "a field holds a card number",
        "event_ms is after labelled_ms",
    ):
        assert f"'{reason}'" in sql
