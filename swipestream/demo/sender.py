"""Send messages at their time, and remember where Kafka put each one."""

import threading
import time
from array import array
from collections.abc import Iterable, Iterator

from confluent_kafka import (
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from simulator.disorder import Message as PlannedMessage
from swipestream import kafka_security
from swipestream.errors import ServiceError
from swipestream.producing.sender import Sender
from swipestream.settings import Settings


class TrackingSender(Sender):
    """A sender that knows the partition and offset of every message the broker confirmed."""

    _partitions: "array[int]"
    _offsets: "array[int]"

    def places(self) -> Iterator[tuple[int, int]]:
        """Partition and offset of each confirmed message."""
        return zip(self._partitions, self._offsets, strict=True)

    def _check(self, topics: tuple[str, ...]) -> None:
        self._partitions, self._offsets = array("i"), array("q")
        super()._check(topics)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        super()._delivered(error, message)
        partition, offset = message.partition(), message.offset()
        if error is None and partition is not None and offset is not None:
            self._partitions.append(partition)
            self._offsets.append(offset)


def send_on_time(
    messages: Iterable[PlannedMessage],
    sender: Sender,
    until: float,
    stop: threading.Event,
) -> None:
    """
    Send each message when its time has come; one that is overdue goes out at once.

    :param messages: in order of `send_ms`.
    :param until: UTC epoch seconds at which to stop.
    :param stop: set to stop earlier.
    """
    topic = sender.settings.payments_topic
    for message in messages:
        due = message.send_ms / 1000
        wait = due - time.time()
        if wait > 0:
            sender.poll()
        if due >= until or (stop.wait(wait) if wait > 0 else stop.is_set()):
            return
        sender.send(topic, message.key, message.value)


def end_offsets(settings: Settings, topic: str) -> dict[int, int]:
    """
    The offset that the next message of each partition will get.

    :raises ServiceError: Kafka does not answer, or has no such topic.
    """
    options = kafka_security.client_options(settings)
    consumer = Consumer({**options, "group.id": "swipestream-demo"})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
            for number in partitions
        }
    except KafkaException as error:
        raise ServiceError(
            f"topic {topic} cannot be read: {error.args[0].str()}", "see `swipestream doctor`"
        ) from None
    finally:
        consumer.close()


def forget_messages(settings: Settings, topic: str) -> None:
    """Drop what the topic holds, so that a new job begins with what comes next."""
    admin = AdminClient({**kafka_security.client_options(settings)})
    places = [TopicPartition(topic, number, OFFSET_END) for number in end_offsets(settings, topic)]
    for future in admin.delete_records(places).values():
        future.result(timeout=30)
