"""Where Bytewax's payments come from and where its rows go."""

import threading
from typing import Any

import orjson
import pyarrow as pa
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from bench.streaming.peers.stored_rows import RowWriter, WriteBehind
from bench.streaming.peers.work import Work

# The most messages of a partition per batch, and how long to wait for them.
BULK_MESSAGES = 5_000
BULK_SECONDS = 0.05
LIVE_MESSAGES = 500

Payment = dict[str, Any]
# Partition, offset, Kafka's time in epoch milliseconds.
Place = tuple[int, int, int]
OfCard = tuple[str, tuple[Payment, Place]]

told_to_stop = threading.Event()


class PaymentsPartition(StatefulSourcePartition[OfCard, int]):  # type: ignore[misc]
    """
    A partition of the topic, as payments by card.

    Bytewax's own Kafka source makes an object with eight fields for each message; this one does
    not.
    """

    def __init__(self, work: Work, number: int, offset: int) -> None:
        """:param offset: of the next message."""
        self._number, self._offset = number, offset
        self._most = BULK_MESSAGES if work.is_bulk else LIVE_MESSAGES
        self._seconds = BULK_SECONDS if work.is_bulk else 0
        self._consumer = Consumer(
            {"bootstrap.servers": work.kafka, "group.id": "bytewax", "enable.auto.commit": False}
        )
        self._consumer.assign([TopicPartition(work.topic, number, offset)])

    def next_batch(self) -> list[OfCard]:
        """The messages that are there."""
        if told_to_stop.is_set():
            # The end of all input, after which Bytewax saves what there is and returns.
            raise StopIteration
        batch = []
        for message in self._consumer.consume(self._most, self._seconds):
            if message.error() is not None:
                raise KafkaException(message.error())
            offset: Any = message.offset()
            self._offset = offset + 1
            payment = orjson.loads(message.value() or b"")
            place = (self._number, offset, message.timestamp()[1])
            batch.append((payment["card_id"], (payment, place)))
        return batch

    def snapshot(self) -> int:
        """Where to resume."""
        return self._offset

    def close(self) -> None:
        """Disconnect from the broker."""
        self._consumer.close()


class PaymentsTopic(FixedPartitionedSource[OfCard, int]):  # type: ignore[misc]
    """The topic, whose partitions Bytewax deals out to its workers."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def list_parts(self) -> list[str]:
        """Their numbers."""
        return [str(number) for number in range(self._work.partitions)]

    def build_part(
        self, step_id: str, for_part: str, resume_state: int | None
    ) -> PaymentsPartition:
        """Begin where the last snapshot was taken."""
        offset = OFFSET_BEGINNING if resume_state is None else resume_state
        return PaymentsPartition(self._work, int(for_part), offset)


class RowsPartition(StatefulSinkPartition[pa.Table, None]):  # type: ignore[misc]
    """Upserts scored rows; no epoch ends before its rows are stored."""

    def __init__(self, work: Work) -> None:
        self._writer = RowWriter(work.postgres, work.table)
        self._behind = WriteBehind(self._writer) if work.is_bulk else None

    def write_batch(self, values: list[pa.Table]) -> None:
        """Store; in bulk while the next batch is made."""
        (self._behind or self._writer).upsert(pa.concat_tables(values))

    def snapshot(self) -> None:
        """Nothing to remember: a row that is stored twice is replaced."""
        if self._behind:
            self._behind.wait()


class RowsTable(FixedPartitionedSink[pa.Table, None]):  # type: ignore[misc]
    """
    One partition for each process, so that none sends its rows to another.

    Not a dynamic sink: with recovery on, Bytewax ends an epoch without waiting for those.
    """

    def __init__(self, work: Work, process: int) -> None:
        """:param process: its number among Bytewax's."""
        self._work, self._process = work, process

    def list_parts(self) -> list[str]:
        """This process's own."""
        return [str(self._process)]

    def part_fn(self, item_key: str) -> int:
        """Rows have the number of the process as their key."""
        return int(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> RowsPartition:
        """A separate connection."""
        return RowsPartition(self._work)
