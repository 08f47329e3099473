"""The scoring job running on the session's stack, and a way to talk to it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer
from psycopg.rows import dict_row

from flink_jobs.score_payments import JOB
from swipestream.jobs import cluster_jobs, submission
from swipestream.models.decision_policy import CHANNELS, change
from swipestream.settings import Settings
from tests.eventually import eventually
from tests.udfs.tiny_bundle import publish_tiny_bundle
from tests.valid_payment import valid_payment

# Kafka's clients read this as "the partitioner decides".
BY_KEY = -1
Key = tuple[str, str]


def key_of(payment: dict[str, Any]) -> Key:
    """What a payment, sent or stored, is known by."""
    return payment["transaction_id"], payment["card_id"]


class Pipeline:
    """Sends messages to the running job and reads what it stored."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = Producer(
            {"bootstrap.servers": settings.kafka_address, "partitioner": "murmur2_random"}
        )
        self._connection = psycopg.connect(
            settings.postgres_url, autocommit=True, row_factory=dict_row
        )
        self._numbers = iter(range(1_000_000))

    def payment(self, **changes: Any) -> dict[str, Any]:
        """A valid payment of a new card, made now."""
        return valid_payment(next(self._numbers), **changes)

    def send(self, *payments: dict[str, Any]) -> None:
        """Send payments, in order."""
        for payment in payments:
            self.send_payment(payment)

    def send_payment(self, payment: dict[str, Any]) -> tuple[int, int]:
        """:return: its partition and offset."""
        return self.send_bytes(json.dumps(payment).encode(), payment["card_id"])

    def send_all(self, payments: Sequence[dict[str, Any]]) -> None:
        """The same for many, of which none is waited for before the next one."""
        for payment in payments:
            value = json.dumps(payment).encode()
            self._producer.produce(self.settings.payments_topic, value, payment["card_id"])
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def send_bytes(
        self, value: bytes | None, key: str | None = None, partition: int = BY_KEY
    ) -> tuple[int, int]:
        """
        Send one message as it is.

        :return: its partition and offset.
        """
        places: list[tuple[int, int]] = []
        self._producer.produce(
            self.settings.payments_topic,
            value,
            key,
            partition,
            on_delivery=lambda error, message: places.append(
                (int(message.partition() or 0), int(message.offset() or 0))
            ),
        )
        assert self._producer.flush(30) == 0
        return places[0]

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What a query returns."""
        return self._connection.execute(statement, values).fetchall()

    def scored(self, *payments: dict[str, Any]) -> list[dict[str, Any]]:
        """The stored rows of payments, in their order, as soon as all are there."""
        keys = [key_of(payment) for payment in payments]
        ids = [name for name, _ in keys]

        def look() -> dict[Key, dict[str, Any]]:
            rows = self.rows("SELECT * FROM scored_payments WHERE transaction_id = ANY(%s)", ids)
            return {key_of(row): row for row in rows}

        found = eventually(look, lambda found: set(keys) <= found.keys())
        return [found[key] for key in keys]

    def noted(self, table: str, payment: dict[str, Any], count: int = 1) -> list[dict[str, Any]]:
        """
        The rows of a payment's number and card, in order of arrival, as soon as there are so many.

        :param table: such as "duplicate_payments".
        """
        return eventually(
            lambda: self.rows(
                f"SELECT * FROM {table} WHERE transaction_id = %s AND card_id = %s "
                "ORDER BY kafka_offset",
                *key_of(payment),
            ),
            lambda rows: len(rows) >= count,
        )

    def rejected(self, place: tuple[int, int]) -> dict[str, Any]:
        """The row of a rejected message with its payload, as soon as it is there."""
        found = eventually(
            lambda: self.rows(
                "SELECT * FROM rejected_payments WHERE kafka_partition = %s AND kafka_offset = %s",
                *place,
            ),
            lambda rows: bool(rows) and (rows[0]["payload"] is not None),
        )
        return found[0]

    def job(self) -> cluster_jobs.FlinkJob:
        """The scoring job as the cluster lists it."""
        return next(job for job in cluster_jobs.jobs(self.settings) if job.name == JOB.name)

    def restarts(self) -> int:
        """How often the job has restarted."""
        from swipestream.stack.flink import rest

        address = f"/jobs/{self.job().job_id}/metrics?get=numRestarts"
        # The first answers about a new job are empty.
        return int(eventually(lambda: rest(self.settings, address), bool)[0]["value"])


@pytest.fixture(scope="session")
def pipeline(stack: Settings) -> Iterator[Pipeline]:
    """The scoring job with a tiny model as champion."""
    publish_tiny_bundle(
        stack.models_dir, JOB.model_features, categorical=("channel", "merchant_category")
    )
    with psycopg.connect(stack.postgres_url) as connection:
        change(connection, CHANNELS, {"review_score": 0.5, "block_score": 0.9})
    if not any(job.name == JOB.name for job in cluster_jobs.jobs(stack)):
        submission.submit(stack, JOB.name)
    yield Pipeline(stack)
