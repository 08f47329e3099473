"""A separate database for a test, with only payments and labels."""

import dataclasses
import os
from collections.abc import Iterator

import psycopg
import pytest

from swipestream.database.migrations import migrate
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url
from tests.followers.merchant_risk.by_hand import COLUMNS, DAY_MS, RECENT, History, Paid, Said

PAYMENT = """
INSERT INTO scored_payments (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, event_ms,
    event_time, arrived_at, kafka_partition, kafka_offset, came_behind_ms, is_customer_known,
    is_merchant_known, is_degraded, decision, scored_at, stored_at, amount_to_card_usual_30d
)
VALUES (
    %(id)s, %(card)s, 'k', %(merchant)s, 1, 'EUR', 'pos', %(event_ms)s, NOW(), NOW(), 0, 0, 0,
    FALSE, FALSE, FALSE, 'approve', NOW(), TO_TIMESTAMP(%(stored_ms)s / 1000.0), %(to_usual)s
)
"""
LABEL = """
INSERT INTO labels (transaction_id, is_fraud, labelled_at, source)
VALUES (%s, %s, TO_TIMESTAMP(%s / 1000.0) AT TIME ZONE 'UTC', %s)
"""


def of_the_day(column: str) -> str:
    """The array that holds a column's values of a day's hours."""
    for one, many in (
        *(("count_", "counts_"), ("rate_", "rates_")),
        *(("fraud_ms", "frauds_ms"), ("fraud_to_", "frauds_to_"), ("fraud_35d", "frauds_35d")),
    ):
        column = column.replace(one, many)
    return column


class RiskDatabase:
    """Stores payments and labels as the jobs do."""

    def __init__(self, connection: psycopg.Connection, settings: Settings) -> None:
        """:param settings: that name this database."""
        self.connection, self.settings = connection, settings

    def pay(self, paid: Paid, stored_ms: int | None = None, card: str = "c") -> None:
        """
        Store a payment.

        :param stored_ms: when; None a second after its time.
        """
        self.connection.execute(
            PAYMENT,
            {
                "id": paid.transaction_id,
                "card": card,
                "merchant": paid.merchant_id,
                "event_ms": paid.event_ms,
                "to_usual": paid.to_usual,
                "stored_ms": paid.event_ms + 1000 if stored_ms is None else stored_ms,
            },
        )

    def say(self, said: Said) -> None:
        """Store a label."""
        self.connection.execute(
            LABEL, [said.transaction_id, said.is_fraud, said.labelled_ms, said.source]
        )

    def fill(self, events: History) -> None:
        """Store all of a history, labels of the future included."""
        with self.connection.transaction():
            for paid in events.payments:
                self.pay(paid)
            for said in events.labels:
                self.say(said)

    def at(self, merchant_id: str, hour_ms: int) -> tuple[object, ...] | None:
        """What the snapshot of an hour says; the day that the stream looks up must say the same."""
        hourly = self.connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM merchant_risk_hourly "
            "WHERE merchant_id = %s AND hour_ms = %s",
            [merchant_id, hour_ms],
        ).fetchone()
        day_ms = hour_ms - hour_ms % DAY_MS
        in_day = self.connection.execute(
            f"SELECT hours_ms, {', '.join(map(of_the_day, COLUMNS))} "
            "FROM merchant_risk_days WHERE merchant_id = %s AND day_ms = %s",
            [merchant_id, day_ms],
        ).fetchone()
        beside = tuple(zip(*in_day[1:], strict=True)) if in_day else ()
        found = dict(zip(in_day[0], beside, strict=True)) if in_day else {}
        unknown = (None,) * len(COLUMNS)
        assert found.get(hour_ms, unknown) == (hourly or unknown), (merchant_id, hour_ms)
        return hourly

    def recent(self, merchant_id: str, hour_ms: int) -> tuple[object, ...] | None:
        """What `at` says, without the mature windows."""
        found = self.at(merchant_id, hour_ms)
        return found and found[: len(RECENT)]


@pytest.fixture
def risk_database(stack: Settings) -> Iterator[RiskDatabase]:
    """Empty, migrated."""
    name = f"risk_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        try:
            url = stack.postgres_url.rpartition("/")[0] + f"/{name}"
            migrate(url)
            with psycopg.connect(url, autocommit=True) as connection:
                yield RiskDatabase(connection, dataclasses.replace(stack, database_url=url))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
