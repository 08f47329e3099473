"""Read a stretch of a topic in bulk, as bytes, without joining a consumer group."""

import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from swipestream import kafka_security
from swipestream.errors import ServiceError
from swipestream.settings import KafkaSettings

LOG = logging.getLogger("swipestream.verify.topic_reading")
BATCH_MESSAGES = 10_000
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.2
# How far before an end a last message is looked for at first.
TAIL_OFFSETS = 1_000
# How long a partition may stay silent before it counts as unreadable.
SILENCE_SECONDS = 30.0


def consumer_options(settings: KafkaSettings, reader: str) -> dict[str, Any]:
    """
    How each of our readers of a topic is a consumer; the job's are in SQL.

    :param reader: its name.
    """
    return {
        **kafka_security.client_options(settings),
        "group.id": f"swipestream-{reader}",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        # As the job: what a producer aborted was never sent, and what it has not committed yet
        # comes later. Their offsets, and those of the marks that end transactions, hold nothing.
        "isolation.level": "read_committed",
    }


class Place(NamedTuple):
    """Where a message is in a topic."""

    partition: int
    offset: int


@dataclass(frozen=True)
class Stretch:
    """
    The messages of a topic between two moments.

    :param begin: first offset, by partition.
    :param end: offset after the last one, by partition; before a transaction that is still open.
    """

    begin: dict[int, int]
    end: dict[int, int]

    @property
    def offsets(self) -> int:
        """How many offsets it spans; some may hold no message."""
        return sum(self.end[partition] - begin for partition, begin in self.begin.items())


class TopicReader:
    """Reads one topic."""

    def __init__(
        self, settings: KafkaSettings, topic: str, *, with_uncommitted: bool = False
    ) -> None:
        """:param with_uncommitted: read what is not committed, or was aborted, as well."""
        LOG.addHandler(logging.NullHandler())
        LOG.propagate = False
        self.settings, self.bootstrap, self.topic = settings, settings.kafka_address, topic
        self._consumer = Consumer(
            {
                **consumer_options(settings, "topic-reading"),
                **({"isolation.level": "read_uncommitted"} if with_uncommitted else {}),
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": 4 * 1024 * 1024,
                "queued.max.messages.kbytes": 65_536,
                "logger": LOG,
            }
        )

    def stretch(self, since: datetime | None = None) -> Stretch:
        """
        What the topic holds now.

        :param since: UTC; begin with the first message that arrived then or later. None: all.
        :raises ServiceError: Kafka does not answer, or has no such topic.
        """
        try:
            known = self._consumer.list_topics(self.topic, timeout=ANSWER_SECONDS)
            found = known.topics[self.topic]
            if found.error is not None:
                raise KafkaException(found.error)
            marks = {
                number: self._consumer.get_watermark_offsets(
                    TopicPartition(self.topic, number), timeout=ANSWER_SECONDS
                )
                for number in sorted(found.partitions)
            }
            begin = {number: low for number, (low, _) in marks.items()}
            end = {number: high for number, (_, high) in marks.items()}
            if since is not None:
                wanted = [
                    TopicPartition(self.topic, number, round(since.timestamp() * 1000))
                    for number in begin
                ]
                for place in self._consumer.offsets_for_times(wanted, timeout=ANSWER_SECONDS):
                    # Negative: nothing has arrived since.
                    high = end[place.partition]
                    begin[place.partition] = place.offset if 0 <= place.offset < high else high
        except KafkaException as error:
            kafka_security.check_access(self.settings)
            raise ServiceError(
                f"topic {self.topic} at {self.bootstrap} cannot be read: {error.args[0].str()}",
                "run `swipestream up`, or set KAFKA_BOOTSTRAP",
            ) from None
        return Stretch(begin, end)

    def messages(
        self, stretch: Stretch, on_messages: Callable[[int], None] = lambda count: None
    ) -> Iterator[list[Message]]:
        """
        The messages of a stretch, a batch at a time.

        :param on_messages: told how many offsets were passed so far.
        :raises ServiceError: Kafka stopped answering.
        """
        open_partitions = {
            number for number, begin in stretch.begin.items() if begin < stretch.end[number]
        }
        if not open_partitions:
            return
        self._consumer.assign(
            [TopicPartition(self.topic, n, stretch.begin[n]) for n in open_partitions]
        )
        passed, heard_at = 0, time.monotonic()
        while open_partitions:
            batch = []
            # Waits for a full batch or the whole time, hence the short one.
            received = self._consumer.consume(BATCH_MESSAGES, POLL_SECONDS)
            if received:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > SILENCE_SECONDS:
                raise ServiceError(
                    f"topic {self.topic} at {self.bootstrap} went silent at partitions "
                    f"{sorted(open_partitions)}",
                    "run `swipestream doctor`",
                )
            for message in received:
                error, number = message.error(), message.partition()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    raise ServiceError(
                        f"topic {self.topic} cannot be read: {error.str()}",
                        "run `swipestream doctor`",
                    )
                if number not in open_partitions:
                    continue
                if error is not None:
                    # The end of the partition; the last offsets may belong to no message.
                    open_partitions.discard(number)
                    continue
                offset = message.offset() or 0
                if offset < stretch.end[number]:
                    batch.append(message)
                if offset >= stretch.end[number] - 1:
                    open_partitions.discard(number)
            if batch:
                passed += len(batch)
                on_messages(passed)
                yield batch
        self._consumer.unassign()

    def at(self, places: Iterable[Place]) -> Iterator[tuple[Place, Message | None]]:
        """
        Single messages.

        :return: None for a place where the topic holds no message, or no longer does.
        """
        next_place: Place | None = None
        for place in sorted(places):
            if place != next_place:
                self._consumer.assign([TopicPartition(self.topic, *place)])
            message = self._consumer.poll(ANSWER_SECONDS)
            is_it = (
                message is not None and message.error() is None and message.offset() == place.offset
            )
            next_place = Place(place.partition, place.offset + 1) if is_it else None
            yield place, message if is_it else None
        self._consumer.unassign()

    def first_messages(
        self, stretch: Stretch, counts: Callable[[Message], bool] = lambda message: True
    ) -> list[Message]:
        """The first message of each partition of a stretch, of those that count."""
        found: list[Message] = []
        for number, begin in stretch.begin.items():
            if begin < stretch.end[number]:
                part = Stretch({number: begin}, {number: stretch.end[number]})
                messages = itertools.chain.from_iterable(self.messages(part))
                found += itertools.islice(filter(counts, messages), 1)
        return found

    def last_before(self, stretch: Stretch) -> dict[int, int]:
        """
        The offset of the last message of each partition of a stretch that has one.

        It is not the end less one where a transaction was ended or aborted.
        """
        found: dict[int, int] = {}
        for number, begin in stretch.begin.items():
            end, length = stretch.end[number], TAIL_OFFSETS
            while number not in found and end > begin:
                part = Stretch({number: max(begin, end - length)}, {number: end})
                offsets = [item.offset() or 0 for batch in self.messages(part) for item in batch]
                if offsets:
                    found[number] = max(offsets)
                end, length = part.begin[number], length * 10
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def topic_stretch(settings: KafkaSettings, topic: str) -> Stretch:
    """
    What a topic holds now.

    :raises ServiceError: Kafka does not answer, or has no such topic.
    """
    with closing(TopicReader(settings, topic)) as reader:
        return reader.stretch()
