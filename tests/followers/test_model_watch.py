"""The follower notes attacks and drift, and tells the topic of events, each once."""

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.drift.attacks import AttackWatch
from swipestream.drift.events import send_unsent
from swipestream.followers.model_watch import step
from swipestream.settings import Settings
from swipestream.stack import kafka
from swipestream.verify.topic_reading import TopicReader
from tests.drift.stored_payments import store
from tests.verify.reconcile.own_topic import own_topic

pytestmark = pytest.mark.stack


@pytest.fixture
def settings(stack: Settings, tmp_path: Any) -> Iterator[Settings]:
    """A separate database and a separate topic of events; there is no champion."""
    with own_topic(stack, "model_watch") as own:
        dashboard_schema.make(own.postgres_url)
        own = dataclasses.replace(
            own, events_topic=f"{own.payments_topic}_events", model_dir=str(tmp_path)
        )
        kafka.create_topics(own)
        yield own
        client = kafka.admin(own, timeout_seconds=15)
        for future in client.delete_topics([own.events_topic]).values():
            future.result()


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        yield connection


def attack(database: psycopg.Connection, name: str) -> None:
    """Forty cards with small online payments within two minutes."""
    now = datetime.now(UTC).replace(tzinfo=None)
    store(
        database,
        (
            {
                "event_time": now - timedelta(seconds=3 * number), "merchant_id": "m7",
                "amount_cents": 120, "card_id": f"{name}-{number}",
                "transaction_id": f"{name}-{number}",
            }
            for number in range(40)
        ),
    )  # fmt: skip


def told(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    """Keys and messages of the topic."""
    with closing(TopicReader(settings, settings.events_topic)) as reader:
        batches = list(reader.messages(reader.stretch()))
    return [
        ((item.key() or b"").decode(), json.loads(item.value() or b""))
        for batch in batches
        for item in batch
    ]


def test_an_attack_is_told_once_across_restarts(
    settings: Settings, database: psycopg.Connection
) -> None:
    attack(database, "a")
    step(settings, database, AttackWatch(), with_look=True)
    ((key, message),) = told(settings)
    assert key == message["event_id"]
    assert message["kind"] == "attack" and message["state"] == "began"
    assert message["signal"] == "card testing" and message["subject"] == "m7"
    # Another process looks at the same payments, and at more of the attack.
    step(settings, database, AttackWatch(), with_look=False)
    attack(database, "b")
    step(settings, database, AttackWatch(), with_look=True)
    assert len(told(settings)) == 1


def test_its_end_is_told_under_the_same_key(
    settings: Settings, database: psycopg.Connection
) -> None:
    attack(database, "a")
    step(settings, database, AttackWatch(), with_look=False)
    database.execute("UPDATE drift_events SET ended_at = fired_at")
    assert send_unsent(settings, database) == 1
    (began, first), (ended, second) = told(settings)
    assert began == ended
    assert (first["state"], second["state"]) == ("began", "ended")
    assert send_unsent(settings, database) == 0


def test_while_kafka_is_away_events_wait(settings: Settings, database: psycopg.Connection) -> None:
    from swipestream.errors import ServiceError

    attack(database, "a")
    away = dataclasses.replace(settings, events_topic=f"missing_{os.getpid()}")
    with pytest.raises(ServiceError, match="has no topic"):
        step(away, database, AttackWatch(), with_look=False)
    step(settings, database, AttackWatch(), with_look=False)
    assert len(told(settings)) == 1
