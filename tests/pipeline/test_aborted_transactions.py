"""What a producer aborted was never sent: it is neither scored nor counted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer

from swipestream.jobs.upgrade import accounts
from swipestream.verify.parity.run import run as parity
from swipestream.verify.reconcile.run import reconcile
from swipestream.verify.topic_reading import topic_stretch
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


@contextmanager
def transactional(pipeline: Pipeline, name: str) -> Iterator[Producer]:
    """A producer in a transaction, which the test has to end."""
    producer = Producer(
        {
            "bootstrap.servers": pipeline.settings.kafka_address,
            "partitioner": "murmur2_random",
            "transactional.id": name,
        }
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    yield producer


def send(pipeline: Pipeline, producer: Producer, *payments: dict[str, Any]) -> None:
    for payment in payments:
        value = json.dumps(payment).encode()
        producer.produce(pipeline.settings.payments_topic, value, payment["card_id"])
    producer.flush(30)


def test_what_was_aborted_is_not_there_and_what_was_sent_again_is_scored(
    pipeline: Pipeline,
) -> None:
    began_at = datetime.now(UTC)
    card = pipeline.payment()["card_id"]
    right = [pipeline.payment(card_id=card, amount_cents=99_900) for _ in range(5)]
    wrong = [payment | {"amount_cents": 111} for payment in right]
    with transactional(pipeline, "test-abort") as producer:
        send(pipeline, producer, *wrong)
        producer.abort_transaction(30)
        producer.begin_transaction()
        send(pipeline, producer, *right)
        producer.commit_transaction(30)
    rows = pipeline.scored(*right)
    assert [row["amount_cents"] for row in rows] == [99_900] * 5
    # Neither do they count as history.
    assert [row["card_txn_count_5m"] for row in rows] == [0, 1, 2, 3, 4]
    names = [payment["transaction_id"] for payment in right]
    for table in ("duplicate_payments", "conflicting_payments"):
        assert not pipeline.rows(f"SELECT * FROM {table} WHERE transaction_id = ANY(%s)", names)
    account = reconcile(pipeline.settings, since=began_at)
    assert account.is_complete and account.messages == 5
    report = parity(pipeline.settings, since=began_at)
    assert report.is_clean, report.differences


def test_an_open_transaction_is_waited_for_and_counts_nowhere(pipeline: Pipeline) -> None:
    began_at = datetime.now(UTC)
    payment = pipeline.payment()
    with transactional(pipeline, "test-open") as producer:
        send(pipeline, producer, payment)
        account = reconcile(pipeline.settings, since=began_at, patience_seconds=0)
        assert account.is_complete and account.messages == 0
        producer.commit_transaction(30)
    pipeline.scored(payment)
    account = reconcile(pipeline.settings, since=began_at)
    assert account.is_complete and account.messages == 1


def test_a_rebuild_does_not_wait_for_the_mark_that_ends_a_transaction(pipeline: Pipeline) -> None:
    settings = pipeline.settings
    payment = pipeline.payment()
    with transactional(pipeline, "test-mark") as producer:
        send(pipeline, producer, payment)
        producer.commit_transaction(30)
    (row,) = pipeline.scored(payment)
    partition, offset = row["kafka_partition"], row["kafka_offset"]
    end = topic_stretch(settings, settings.payments_topic).end
    assert end[partition] == offset + 2
    replay = accounts.replay_for(settings, end)
    assert accounts.replayed(settings, replay, end)[partition] == offset + 1
