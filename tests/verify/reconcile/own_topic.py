"""A separate topic and database on the session's stack, which no job reads or writes."""

import dataclasses
import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from confluent_kafka import Message, Producer

from swipestream.database.migrations import migrate
from swipestream.settings import Settings
from swipestream.stack import kafka
from swipestream.stack.postgres import admin_url
from swipestream.verify.topic_reading import Place
from tests.eventually import eventually

# A topic is deleted some time after it was asked for, so no name is used twice.
COUNT = itertools.count()


@contextmanager
def own_topic(stack: Settings, name: str) -> Iterator[Settings]:
    """
    Settings that name a new topic and a new, migrated database; also in the environment.

    :param name: of both.
    """
    name = f"{name}_{os.getpid()}_{next(COUNT)}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        try:
            settings = dataclasses.replace(
                stack,
                payments_topic=name,
                database_url=stack.postgres_url.rpartition("/")[0] + f"/{name}",
            )
            migrate(settings.postgres_url)
            kafka.create_topics(settings)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PAYMENTS_TOPIC", name)
                patch.setenv("DATABASE_URL", settings.database_url)
                yield settings
        finally:
            client = kafka.admin(stack, timeout_seconds=15)
            for future in client.delete_topics([name]).values():
                future.result()
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def make_anew(settings: Settings) -> None:
    """Delete the topic and create it again, which Kafka refuses until the old one is gone."""
    admin = kafka.admin(settings, timeout_seconds=15)
    for future in admin.delete_topics([settings.payments_topic]).values():
        future.result()
    eventually(
        lambda: kafka.topics(settings, timeout_seconds=10),
        lambda topics: settings.payments_topic not in topics,
        f"{settings.payments_topic} is gone",
        seconds=60,
        pause_seconds=0.1,
    )
    kafka.create_topics(settings)


def send(
    settings: Settings, messages: Sequence[tuple[int, bytes | None, bytes | None]]
) -> list[tuple[Place, datetime]]:
    """
    Send messages in order.

    :param messages: partition, key and value of each.
    :return: where each one is, and when it arrived, in UTC.
    """
    producer = Producer({"bootstrap.servers": settings.kafka_address, "linger.ms": 5})
    found: dict[int, Message] = {}
    for number, (partition, key, value) in enumerate(messages):

        def confirmed(error: Any, message: Message, number: int = number) -> None:
            assert error is None
            found[number] = message

        producer.produce(
            settings.payments_topic, value, key, partition=partition, on_delivery=confirmed
        )
        producer.poll(0)
    assert producer.flush(30) == 0
    return [
        (
            Place(found[number].partition() or 0, found[number].offset() or 0),
            datetime.fromtimestamp(found[number].timestamp()[1] / 1000, UTC),
        )
        for number in range(len(messages))
    ]
