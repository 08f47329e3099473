"""The same corpus without Kafka and Flink: the other readers of messages accept all of it."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from swipestream.card_numbers import holds_card_number, mask_card_numbers
from swipestream.verify.parity.columns import SENT
from swipestream.verify.parity.sent_payments import Message as Sent
from swipestream.verify.parity.sent_payments import as_table, payment_in
from swipestream.verify.reconcile.ticks import is_tick
from tests.pipeline.fuzz.corpus import Message, corpus
from tests.pipeline.fuzz.judge import read

SEED = int(os.environ.get("FUZZ_SEED", "1"))
MESSAGES = 5_000
SHOWN = 5
NOW_MS = 1_893_456_000_000


@pytest.fixture(scope="module")
def messages() -> Sequence[Message]:
    return list(corpus(SEED, MESSAGES, NOW_MS))


def test_the_same_seed_gives_the_same_messages(messages: Sequence[Message]) -> None:
    # But for those about the present.
    again = corpus(SEED, MESSAGES, NOW_MS)
    for one, other in zip(messages, again, strict=True):
        assert one == other or one.family == "clock_steps"


def test_payloads_are_masked_without_card_numbers_left(messages: Sequence[Message]) -> None:
    for message in messages:
        # Longer ones add time and no digits of another kind.
        value = (message.value or b"")[:20_000]
        masked = mask_card_numbers(value)
        assert len(masked) == len(value), message
        if masked != value:
            assert not holds_card_number(masked.decode("utf-8", "surrogateescape")), message


def test_a_tick_of_earlier_versions_is_no_payment(messages: Sequence[Message]) -> None:
    ticks = [message.value for message in messages if is_tick(message.value)]
    assert ticks
    for value in ticks:
        payment = read(value)
        assert payment and (payment["kind"], payment["transaction_id"]) == ("tick", None)


def test_parity_reads_the_payments_that_the_rules_give(messages: Sequence[Message]) -> None:
    wrong = [
        message
        for message in messages
        if payment_in(message.value) != payment_by_the_rules(message.value)
    ]
    assert not wrong, "\n".join(map(str, wrong[:SHOWN]))


def test_parity_reads_the_same_the_quick_way(messages: Sequence[Message]) -> None:
    wrong = []
    for message in messages:
        # One by one: an odd message has its whole batch read the slow way.
        table = as_table([Sent(0, 0, 0, message.value)])
        rows = table.drop_columns(["kafka_partition", "kafka_offset", "arrived_at"]).to_pylist()
        expected = payment_by_the_rules(message.value)
        if rows != ([] if expected is None else [expected]):
            wrong.append(message)
    assert not wrong, "\n".join(map(str, wrong[:SHOWN]))


def payment_by_the_rules(value: bytes | None) -> dict[str, Any] | None:
    """What names a transaction_id and is of no kind, valid or not."""
    payment = read(value)
    if payment is None or payment["kind"] is not None or payment["transaction_id"] is None:
        return None
    return {name: payment[name] for name in SENT}
