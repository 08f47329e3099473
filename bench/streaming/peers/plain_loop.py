"""The baseline: one Python process that reads, scores and stores, and keeps no state on disk."""

import gc
import signal
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from bench.streaming.peers.batch_scorer import BatchScorer
from bench.streaming.peers.card_state import CardState
from bench.streaming.peers.reference import Reference
from bench.streaming.peers.stored_rows import RowWriter, WriteBehind
from bench.streaming.peers.work import Work

# Messages that are scored at once.
BULK_MESSAGES = 5_000
LIVE_MESSAGES = 500
# How long to wait for a full batch, or for the first message of a live one.
BULK_SECONDS = 0.05
LIVE_SECONDS = 0.1
# New objects between two garbage collections.
GARBAGE_AFTER = 100_000
# Partition, offset, Kafka's time in epoch milliseconds.
Place = tuple[int, int, int]


class PlainLoop:
    """The histories of all cards, and the steps of a batch of messages."""

    def __init__(self, work: Work) -> None:
        self._scorer = BatchScorer(Reference(work.postgres), work.bundle)
        self._cards: defaultdict[str, CardState] = defaultdict(CardState)
        self._writer = RowWriter(work.postgres, work.table)
        self._behind = WriteBehind(self._writer) if work.is_bulk else None

    def take(self, messages: Sequence[Message]) -> None:
        """Score what is new and store it; in bulk while the next batch is made."""
        payments, histories = [], []
        places: list[Place] = []
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            payment = orjson.loads(message.value() or b"")
            history = self._cards[payment["card_id"]].add(payment)
            if history is not None:
                payments.append(payment)
                histories.append(history)
                place: Any = (message.partition(), message.offset(), message.timestamp()[1])
                places.append(place)
        if payments:
            (self._behind or self._writer).upsert(self._scorer.rows(payments, histories, places))

    def finish(self) -> None:
        """Wait until all rows are stored."""
        if self._behind:
            self._behind.wait()


def next_messages(consumer: Consumer, is_bulk: bool) -> list[Message]:
    """A full batch if it comes soon; in live mode, whatever is there, at least one message."""
    if is_bulk:
        return consumer.consume(BULK_MESSAGES, BULK_SECONDS)
    first = consumer.consume(1, LIVE_SECONDS)
    return first + consumer.consume(LIVE_MESSAGES, 0) if first else first


def main() -> None:
    """Run until SIGTERM."""
    is_told_to_stop = False

    def stop(*_: object) -> None:
        nonlocal is_told_to_stop
        is_told_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    work = Work.read()
    loop = PlainLoop(work)
    # The histories are many small objects that refer to each other in no circles.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    consumer = Consumer(
        {"bootstrap.servers": work.kafka, "group.id": "plain-loop", "enable.auto.commit": False}
    )
    consumer.assign(
        [TopicPartition(work.topic, number, OFFSET_BEGINNING) for number in range(work.partitions)]
    )
    while not is_told_to_stop:
        loop.take(next_messages(consumer, work.is_bulk))
    loop.finish()
    consumer.close()


if __name__ == "__main__":
    main()
