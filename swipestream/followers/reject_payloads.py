"""Keep the bytes of rejected messages: the stream writes the reason, this follows with the payload.

SQL sees a message only after a format has read it, and what it could not read is gone by then. So
the stream stores why and where (topic, partition, offset), and this process fetches the exact bytes
from there, masks card numbers, and completes the row.
"""

import logging
import time
from collections.abc import Iterator, Sequence

import psycopg
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from swipestream.card_numbers import mask_card_numbers
from swipestream.database.connection import connect
from swipestream.errors import first_line
from swipestream.followers.pulse import Pulse
from swipestream.settings import KafkaSettings, TopicSettings
from swipestream.verify.topic_reading import consumer_options

LOG = logging.getLogger("swipestream.followers.reject_payloads")

POLL_SECONDS = 1.0
BATCH_ROWS = 1000
FETCH_SECONDS = 5.0
# To read so many messages too many is quicker than to begin at another place.
MOST_PASSED_OVER = 1000

Place = tuple[str, int, int]  # topic, partition, offset

OPEN_ROWS = """
SELECT kafka_topic, kafka_partition, kafka_offset
FROM rejected_payments
WHERE payload IS NULL AND NOT is_payload_lost
ORDER BY kafka_topic, kafka_partition, kafka_offset
LIMIT %s
"""

COMPLETE_ROW = """
UPDATE rejected_payments
SET payload = %s, is_payload_lost = %s
WHERE kafka_topic = %s AND kafka_partition = %s AND kafka_offset = %s
"""


class PayloadReader:
    """Reads single messages of Kafka by their place."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._consumer = Consumer(
            {
                **consumer_options(settings, "reject-payloads"),
                "auto.offset.reset": "earliest",
                "logger": LOG,
            }
        )
        self._next: Place | None = None

    def payloads(self, places: Sequence[Place]) -> Iterator[tuple[Place, bytes | None]]:
        """
        The value of each message.

        :param places: sorted, so that neighbors are read in one go.
        :return: place and bytes; None if Kafka no longer has the message. A place that could not be
            read now is left out.
        """
        for place in places:
            message = self._onward(place)
            if message is None:
                message = self._anew(place)
            self._next = None
            if message is None:
                continue
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                continue
            if error is not None or message.offset() != place[2]:
                yield place, None
                continue
            self._next = (*place[:2], place[2] + 1)
            yield place, message.value() or b""

    def _onward(self, place: Place) -> Message | None:
        """The message, if it comes shortly behind the last one; a new start takes much longer."""
        if self._next is None or self._next[:2] != place[:2]:
            return None
        if not 0 <= place[2] - self._next[2] <= MOST_PASSED_OVER:
            return None
        message = self._first_from(place)
        # An end of the partition may have been its end only when the last message was read.
        return message if message is not None and message.error() is None else None

    def _anew(self, place: Place) -> Message | None:
        self._consumer.assign([TopicPartition(*place)])
        return self._first_from(place)

    def _first_from(self, place: Place) -> Message | None:
        """The first message at a place or behind it, or an error; None if nothing comes."""
        until = time.monotonic() + FETCH_SECONDS
        while (left := until - time.monotonic()) > 0:
            message = self._consumer.poll(left)
            if message is None or message.error() is not None:
                return message
            if (message.offset() or 0) >= place[2]:
                return message
        return None

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def complete_rows(connection: psycopg.Connection, reader: PayloadReader) -> int:
    """
    Complete the rows whose payload is still missing, at most `BATCH_ROWS` of them.

    :return: how many were completed.
    """
    places = connection.execute(OPEN_ROWS, [BATCH_ROWS]).fetchall()
    completed = [
        (None if payload is None else mask_card_numbers(payload), payload is None, *place)
        for place, payload in reader.payloads(places)
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(COMPLETE_ROW, completed)
    return len(completed)


def run(settings: TopicSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database or broker that is away is waited for.

    :raises StoppedError: then.
    """
    reader = PayloadReader(settings)
    try:
        while True:
            try:
                with connect(settings.stream_url, autocommit=True) as connection:
                    while True:
                        completed = complete_rows(connection, reader)
                        pulse.beat()
                        if completed:
                            LOG.info("payloads kept rows=%d", completed)
                        if completed < BATCH_ROWS:
                            pulse.wait(POLL_SECONDS)
            except psycopg.OperationalError as error:
                LOG.warning("database away reason=%s", first_line(error))
                pulse.wait(POLL_SECONDS)
    finally:
        reader.close()
