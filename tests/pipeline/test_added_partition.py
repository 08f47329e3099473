"""A partition that is added while the job runs is read at once."""

import json
import time

import psycopg
import pytest
from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]

from swipestream.settings import Settings
from swipestream.stack import kafka
from tests.eventually import eventually
from tests.pipeline.own_job import own_job
from tests.verify.reconcile.own_topic import send

pytestmark = pytest.mark.stack

# From the message in the new partition to its row.
MOST_SECONDS = 30.0


def test_a_payment_in_a_new_partition_is_scored_within_seconds(stack: Settings) -> None:
    with own_job(stack, "added_partition") as job:
        settings = job.settings
        count = kafka.topics(settings)[settings.payments_topic]
        admin = kafka.admin(settings, timeout_seconds=15)
        wanted = [NewPartitions(settings.payments_topic, count + 1)]
        for future in admin.create_partitions(wanted).values():
            future.result()
        payment = {
            "transaction_id": "added",
            "card_id": "c-added",
            "customer_id": "k",
            "merchant_id": "m",
            "amount_cents": 1250,
            "currency": "EUR",
            "channel": "pos",
            "latitude": 48.1,
            "longitude": 11.5,
            "device_id": None,
            "card_last4": "0042",
            "event_ms": time.time_ns() // 1_000_000,
        }
        send(settings, [(count, b"c-added", json.dumps(payment).encode())])
        began = time.monotonic()
        with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
            row = eventually(
                lambda: connection.execute(
                    "SELECT kafka_partition, kafka_offset FROM scored_payments"
                ).fetchone(),
                lambda found: found is not None,
            )
        assert row == (count, 0)
        assert time.monotonic() - began < MOST_SECONDS
