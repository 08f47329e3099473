"""Send messages of the payments topic again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message, Producer

from swipestream import kafka_security
from swipestream.database.connection import Database
from swipestream.errors import ServiceError
from swipestream.settings import KafkaSettings
from swipestream.verify.topic_reading import Place

LOG = logging.getLogger("swipestream.verify.reconcile")
FLUSH_SECONDS = 30.0
# What Kafka's clients take for "the partitioner decides".
BY_KEY = -1

NOTE_NEW_PLACE = """
INSERT INTO redriven_messages
    (kafka_topic, kafka_partition, kafka_offset, new_partition, new_offset)
VALUES (%s, %s, %s, %s, %s)
"""
MARK_REJECTED = """
UPDATE rejected_payments SET redriven_at = CLOCK_TIMESTAMP()
WHERE kafka_topic = %s AND kafka_partition = %s AND kafka_offset = %s
"""


Headers = Sequence[tuple[str, str | bytes | None]]


@dataclass(frozen=True)
class Again:
    """
    A message to be sent again.

    :param place: where it was found.
    :param partition: where to send it; None leaves that to its key.
    """

    place: Place
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: Headers = field(default=())


def again(place: Place, message: Message) -> Again:
    """The same bytes with the same key to the same partition: a card's payments stay in order."""
    headers = message.headers() or ()
    return Again(
        place,
        as_bytes(message.key()),
        message.value(),
        place.partition,
        tuple(headers.items()) if isinstance(headers, dict) else headers,
    )


def as_bytes(key: str | bytes | None) -> bytes | None:
    """A key as it is in the topic."""
    return key.encode() if isinstance(key, str) else key


def redrive(
    settings: KafkaSettings, topic: str, database: Database, messages: Sequence[Again]
) -> dict[Place, Place]:
    """
    Send messages again and take note of where they are now.

    Noted after the broker has confirmed: an interruption between the two means that a message may
    be sent once more, and then its payment counts as a duplicate.

    :return: the new place of each message, by its old one.
    :raises ServiceError: the broker did not confirm all; those it did are noted.
    """
    LOG.addHandler(logging.NullHandler())
    LOG.propagate = False
    producer = Producer(
        {
            **kafka_security.client_options(settings),
            "enable.idempotence": True,
            "linger.ms": 5,
            "message.max.bytes": 10 * 1024 * 1024,
            # As the producers of payments do: one card, one partition.
            "partitioner": "murmur2_random",
            "logger": LOG,
        }
    )
    moved: dict[Place, Place] = {}
    failures: list[str] = []
    for item in messages:

        def confirmed(error: KafkaError | None, sent: Message, old: Place = item.place) -> None:
            if error is not None:
                failures.append(error.str())
            else:
                moved[old] = Place(sent.partition() or 0, sent.offset() or 0)

        while True:
            try:
                producer.produce(
                    topic,
                    item.value,
                    item.key,
                    partition=BY_KEY if item.partition is None else item.partition,
                    headers=list(item.headers),
                    on_delivery=confirmed,
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(FLUSH_SECONDS)
    with database.transaction(), database.cursor() as cursor:
        cursor.executemany(NOTE_NEW_PLACE, [(topic, *old, *new) for old, new in moved.items()])
        cursor.executemany(MARK_REJECTED, [(topic, *old) for old in moved])
    if left or failures:
        reason = failures[0] if failures else f"no answer within {FLUSH_SECONDS:g} s"
        raise ServiceError(
            f"{len(messages) - len(moved)} of {len(messages)} messages were not sent again: "
            f"{reason}",
            "run `swipestream doctor`, then the same again",
        )
    return moved
