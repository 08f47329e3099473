"""The doctor says when payments come and are not scored, or do not come as they should."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)

from swipestream.operate.payment_flow import backlog, check_flow, check_timestamps
from swipestream.settings import Settings
from swipestream.stack import kafka
from tests.eventually import eventually
from tests.verify.reconcile.own_topic import own_topic

pytestmark = pytest.mark.stack

SCORED = (
    "INSERT INTO scored_payments (transaction_id, card_id, customer_id, merchant_id, "
    "amount_cents, currency, channel, event_ms, event_time, arrived_at, kafka_partition, "
    "kafka_offset, came_behind_ms, is_customer_known, is_merchant_known, is_degraded, "
    "decision, scored_at) SELECT 'p' || n, 'c1', 'u', 'm', 1, 'EUR', 'pos', 1, now(), now(), 0, "
    "n, CASE WHEN n %% %(every)s::int = 0 THEN 5000 ELSE 0 END, false, false, false, 'approve', "
    "%(scored_at)s FROM generate_series(%(first)s::int, %(last)s::int) AS n"
)


@pytest.fixture
def settings(stack: Settings) -> Iterator[Settings]:
    """A topic where senders set the arrival time of a message."""
    with own_topic(stack, "flow") as own:
        resource = ConfigResource(
            ConfigResource.Type.TOPIC,
            own.payments_topic,
            incremental_configs=[
                ConfigEntry(
                    "message.timestamp.type",
                    "CreateTime",
                    incremental_operation=AlterConfigOpType.SET,
                )
            ],
        )
        admin = kafka.admin(own, timeout_seconds=15)
        for future in admin.incremental_alter_configs([resource]).values():
            future.result()
        yield own


def send(settings: Settings, count: int, minutes_ago: float) -> None:
    """Messages of partition 0 with the sender's time."""
    producer = Producer({"bootstrap.servers": settings.kafka_address})
    stamp = round((time.time() - minutes_ago * 60) * 1000)
    value = json.dumps({"transaction_id": "p", "card_id": "c1"}).encode()
    for _ in range(count):
        producer.produce(settings.payments_topic, value, partition=0, timestamp=stamp)
    assert producer.flush(30) == 0


def store(
    settings: Settings, first: int, last: int, minutes_ago: float, every: int = 10**6
) -> None:
    """Scored payments of these offsets, every so many of them out of order."""
    with psycopg.connect(settings.postgres_url) as postgres:
        scored_at = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes_ago)
        values = {"first": first, "last": last, "scored_at": scored_at, "every": every}
        postgres.execute(SCORED, values)


def flow(settings: Settings) -> tuple[str, str]:
    """Level and fact of what is found of the payments."""
    level, name, fact, _ = next(check_flow(settings))
    assert name == "payments"
    return level, fact


def test_payments_that_nobody_scores_fail(settings: Settings) -> None:
    assert flow(settings) == ("ok", "all that have come are decided")
    send(settings, 10, minutes_ago=9)
    assert flow(settings)[0] == "FAIL" and "none was scored yet" in flow(settings)[1]
    store(settings, 0, 5, minutes_ago=8)
    level, fact = flow(settings)
    assert level == "FAIL"
    assert fact == "none was scored for 8 min, although up to 4 wait, the oldest for 9 min"
    # It has begun again.
    store(settings, 6, 6, minutes_ago=0.1)
    assert flow(settings)[0] == "warn" and "a backlog is being read" in flow(settings)[1]
    store(settings, 7, 9, minutes_ago=0)
    assert flow(settings)[0] == "ok"
    send(settings, 3, minutes_ago=0)
    assert flow(settings) == ("ok", "up to 3 are on their way")


def test_many_payments_out_of_order_are_a_warning(settings: Settings) -> None:
    store(settings, 1, 200, minutes_ago=0, every=20)
    assert [name for _, name, *_ in check_flow(settings)] == ["payments"]
    store(settings, 201, 400, minutes_ago=0, every=3)
    _, (level, name, fact, hint) = check_flow(settings)
    assert (level, name) == ("warn", "order") and "came_behind_ms" in fact and "card_id" in hint


def test_a_topic_whose_senders_stamp_is_a_warning(settings: Settings, stack: Settings) -> None:
    assert list(check_timestamps(stack)) == []
    ((level, name, fact, hint),) = check_timestamps(settings)
    assert (level, name) == ("warn", f"topic {settings.payments_topic}")
    assert "CreateTime" in fact and "message.timestamp.type=LogAppendTime" in hint


def test_a_transaction_that_stays_open_is_told(settings: Settings) -> None:
    producer = Producer(
        {"bootstrap.servers": settings.kafka_address, "transactional.id": "test-held-up"}
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    ten_minutes_ago = round((time.time() - 600) * 1000)
    producer.produce(settings.payments_topic, b"{}", partition=0, timestamp=ten_minutes_ago)
    producer.flush(30)
    send(settings, 2, minutes_ago=0)
    # Nothing that could be read waits.
    well, held = check_flow(settings)
    assert well[0] == "ok" and held[0] == "FAIL"
    assert "open for 10 min holds up to 3 messages of partition 0 back" in held[2]
    producer.abort_transaction(30)
    # The broker writes the marks after it has said yes.
    eventually(
        lambda: [level for level, *_ in check_flow(settings)], lambda levels: levels == ["ok"]
    )


def test_a_backlog_is_told_to_who_would_add_to_it(settings: Settings) -> None:
    assert backlog(settings) == ""
    send(settings, 5, minutes_ago=10)
    assert backlog(settings).startswith("none was scored yet, although up to 5 wait, the oldest ")
    store(settings, 0, 4, minutes_ago=0)
    send(settings, 3, minutes_ago=1)
    assert backlog(settings) == ""
