"""A number that comes again: a copy, another payment, or a conflict that is kept whole."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


def seen(pipeline: Pipeline, table: str, payment: dict[str, Any]) -> int:
    """How many rows a table has with a transaction_id, on any card."""
    (row,) = pipeline.rows(
        f"SELECT COUNT(*) AS count FROM {table} WHERE transaction_id = %s",
        payment["transaction_id"],
    )
    return int(row["count"])


def test_the_same_number_on_another_card_is_another_payment(pipeline: Pipeline) -> None:
    small = pipeline.payment(amount_cents=100)
    # Of which an alert is made; it would be one that nobody sees.
    large = pipeline.payment(
        transaction_id=small["transaction_id"], amount_cents=5_000_000, channel="online"
    )
    pipeline.send(small, large)
    rows = pipeline.scored(small, large)
    assert [row["amount_cents"] for row in rows] == [100, 5_000_000]
    assert [row["card_txn_count_7d"] for row in rows] == [0, 0]
    assert [row["decision"] for row in rows] == ["approve", "block"]
    (alert,) = pipeline.noted("alerts", large)
    assert alert["amount_cents"] == 5_000_000
    for table in ("duplicate_payments", "conflicting_payments"):
        assert seen(pipeline, table, small) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_cents": 5_000_000}, "another amount_cents"),
        ({"merchant_id": "m-other"}, "another merchant_id"),
        ({"event_ms": 0}, "another event_ms"),
        (
            {"amount_cents": 999, "merchant_id": "m-other", "event_ms": 0},
            "another amount_cents, merchant_id, event_ms",
        ),
    ],
)
def test_the_same_number_with_other_content_is_kept_whole_and_not_scored(
    pipeline: Pipeline, changes: dict[str, Any], reason: str
) -> None:
    first = pipeline.payment()
    if "event_ms" in changes:
        changes = changes | {"event_ms": first["event_ms"] + 1}
    # What else is sent with it is kept as it came.
    second = first | {"device_id": "d-9", "card_last4": None, "currency": "USD"} | changes
    third = pipeline.payment(card_id=first["card_id"], event_ms=first["event_ms"] + 2)
    pipeline.send(first)
    place = pipeline.send_payment(second)
    pipeline.send(third)
    (row,) = pipeline.noted("conflicting_payments", second)
    assert (row["kafka_partition"], row["kafka_offset"]) == place
    assert row["kafka_topic"] == pipeline.settings.payments_topic
    assert row["reason"] == reason
    assert {name: row[name] for name in second} == second
    at = datetime.fromtimestamp(second["event_ms"] / 1000, UTC).replace(tzinfo=None)
    assert row["event_time"] == at and row["arrived_at"] is not None
    # The first one stays as it is, and alone in the card's history.
    before, after = pipeline.scored(first, third)
    assert before["amount_cents"] == first["amount_cents"]
    assert before["kafka_offset"] < row["kafka_offset"] < after["kafka_offset"]
    assert (after["card_txn_count_5m"], after["card_amount_cents_5m"]) == (1, first["amount_cents"])
    for table in ("alerts", "duplicate_payments"):
        assert seen(pipeline, table, first) == 0


def test_each_message_is_compared_with_the_payment_that_counts(pipeline: Pipeline) -> None:
    first = pipeline.payment()
    other = first | {"amount_cents": 1}
    pipeline.send(first, other, first, other)
    conflicts = pipeline.noted("conflicting_payments", first, count=2)
    copies = pipeline.noted("duplicate_payments", first)
    (row,) = pipeline.scored(first)
    assert [found["amount_cents"] for found in conflicts] == [1, 1]
    places = [row, conflicts[0], copies[0], conflicts[1]]
    assert [found["kafka_offset"] - row["kafka_offset"] for found in places] == [0, 1, 2, 3]


def test_a_number_whose_message_was_rejected_is_free(pipeline: Pipeline) -> None:
    good = pipeline.payment()
    place = pipeline.send_payment(good | {"currency": "XXX"})
    pipeline.send(good)
    (row,) = pipeline.scored(good)
    assert row["kafka_offset"] > place[1]
    assert pipeline.rejected(place)["reason"] == "currency is missing or not supported"
