"""Send messages at their time, and remember where Kafka put each one."""

import threading
import time
from array import array
from collections.abc import Iterable, Iterator

from confluent_kafka import OFFSET_END, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from simulator.disorder import Message as PlannedMessage
from swipestream import kafka_security
from swipestream.sending.sender import Sender
from swipestream.settings import KafkaSettings
from swipestream.verify.topic_reading import topic_stretch


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


def forget_messages(settings: KafkaSettings, topic: str) -> None:
    """Drop what the topic holds, so that a new job begins with what comes next."""
    admin = AdminClient({**kafka_security.client_options(settings)})
    partitions = topic_stretch(settings, topic).end
    places = [TopicPartition(topic, number, OFFSET_END) for number in partitions]
    for future in admin.delete_records(places).values():
        future.result(timeout=30)
