"""The demo counts each message once, from where its payments begin in the topic."""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.demo.outcomes import OutcomeReader
from swipestream.settings import Settings

TOPIC = "payments"
NOW = datetime(2030, 1, 1)
SCORED = """
INSERT INTO scored_payments (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, event_ms,
    event_time, arrived_at, kafka_partition, kafka_offset, came_behind_ms, is_customer_known,
    is_merchant_known, is_degraded, decision, scored_at, stored_at
)
VALUES (
    %(id)s, 'c', 'k', 'm', 1, 'EUR', 'pos', 1, %(now)s, %(now)s, 0, %(offset)s, %(behind_ms)s,
    FALSE, FALSE, %(is_degraded)s, %(decision)s, %(now)s, %(now)s
)
"""


@pytest.fixture(scope="module")
def url(environment: dict[str, str]) -> Iterator[str]:
    """Of a database with one message of each outcome before offset 10, and what is asked for."""
    with throw_away_postgres(Settings.load()) as own:
        with psycopg.connect(own.postgres_url) as connection:
            for offset, behind_ms, decision in (
                *((0, 0, "block"), (10, 0, "approve"), (11, 60_000, "review")),
                *((12, 0, "block"), (13, 0, "approve")),
            ):
                values = {
                    "id": f"p{offset}", "now": NOW, "offset": offset, "behind_ms": behind_ms,
                    "decision": decision, "is_degraded": offset == 13,
                }  # fmt: skip
                connection.execute(SCORED, values)
            for offset in (1, 14):
                connection.execute(
                    "INSERT INTO duplicate_payments VALUES (%s, 0, %s, 'p0', 'c', %s, %s)",
                    [TOPIC, offset, NOW, NOW],
                )
            for offset in (2, 15, 16):
                connection.execute(
                    "INSERT INTO conflicting_payments VALUES (%s, 0, %s, 'p0', 'c', 'k', 'm', 2, "
                    "'EUR', 'pos', NULL, NULL, NULL, NULL, 1, %s, %s, 'another amount_cents')",
                    [TOPIC, offset, NOW, NOW],
                )
            for topic, offset in ((TOPIC, 3), (TOPIC, 17), ("another-topic", 18)):
                connection.execute(
                    "INSERT INTO rejected_payments (kafka_topic, kafka_partition, kafka_offset, "
                    "reason) VALUES (%s, 0, %s, 'the message is empty')",
                    [topic, offset],
                )
        yield own.postgres_url


@pytest.fixture
def reader(url: str) -> Iterator[OutcomeReader]:
    reader = OutcomeReader(url, TOPIC, {0: 10})
    yield reader
    reader.close()


def test_each_message_from_there_on_counts_once(reader: OutcomeReader) -> None:
    found = reader.outcomes()
    assert (found.scored, found.duplicates, found.conflicts, found.rejected) == (4, 1, 2, 1)
    assert (found.review, found.block, found.degraded, found.accounted) == (1, 1, 1, 8)


def test_what_no_table_names_is_unaccounted(reader: OutcomeReader) -> None:
    sent = [(0, offset) for offset in range(20)] + [(1, 10)]
    missing = [*((0, offset) for offset in range(4, 10)), (0, 18), (0, 19), (1, 10)]
    assert reader.unaccounted(sent) == missing
