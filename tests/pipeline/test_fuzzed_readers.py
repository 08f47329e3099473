"""The same corpus without Kafka and Flink: what else reads messages reads every one of them."""

import json
import os
from collections.abc import Sequence

import pytest

from swipestream.card_numbers import card_numbers, mask_card_numbers
from swipestream.heartbeat import MAX_FUTURE_MS, payment_time
from swipestream.parity.sent_payments import as_table, json_objects, objects_in, payments_in
from swipestream.reconciling.ticks import is_any_tick, is_tick
from tests.pipeline.fuzz.corpus import Message, corpus

SEED = int(os.environ.get("FUZZ_SEED", "1"))
MESSAGES = 5_000
NOW_MS = 1_893_456_000_000


class Received:
    """A message as Kafka's client hands it out."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return 2, NOW_MS


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
            assert not list(card_numbers(masked)), message


def test_the_heartbeat_follows_no_time_that_cannot_be(messages: Sequence[Message]) -> None:
    for message in messages:
        found = payment_time(Received(message.value))  # type: ignore[arg-type]
        assert found is None or found <= NOW_MS + MAX_FUTURE_MS, message


def test_a_tick_of_ours_is_a_tick_of_anybodys(messages: Sequence[Message]) -> None:
    for message in messages:
        assert is_any_tick(message.value) or not is_tick(message.value), message
        if is_any_tick(message.value):
            assert not list(objects_in(message.value)), message


def test_payments_are_the_same_one_by_one_and_in_bulk(messages: Sequence[Message]) -> None:
    items, payments = [], []
    for message in messages:
        items += objects_in(message.value)
        payments += payments_in(message.value)
    table = as_table([(0, number, 0) for number in range(len(items))], items)
    bulk = table.drop_columns(table.column_names[:3]).to_pylist()
    # By their looks: NaN is not equal to itself.
    wrong = [
        (one, other)
        for one, other in zip(bulk, payments, strict=True)
        if any(repr(one[name]) != repr(value) for name, value in other.items())
    ]
    assert not wrong


def test_what_pythons_strict_reader_takes_parity_takes(messages: Sequence[Message]) -> None:
    for message in messages:
        try:
            found = json.loads((message.value or b"").decode())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and not any(
            name in (message.value or b"") for name in (b"NaN", b"Infinity")
        ):
            assert list(json_objects(message.value)) == [found], message
