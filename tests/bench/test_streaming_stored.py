"""How the streaming benchmark compares what two systems have stored."""

from collections.abc import Iterator

import psycopg
import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment has a stack")
from bench.dashboard_charts import scratch_database
from bench.made_up_payments import fill
from bench.streaming.stored import QUANTILES, Stored
from swipestream.settings import Settings

pytestmark = pytest.mark.stack

PAYMENTS = 400


@pytest.fixture(scope="module")
def connection(stack: Settings) -> Iterator[psycopg.Connection]:
    with scratch_database(stack) as (owner_url, _):
        fill(owner_url, PAYMENTS, days=2, customers=50)
        with psycopg.connect(owner_url, autocommit=True) as connection:
            yield connection


@pytest.fixture
def stored(connection: psycopg.Connection) -> Iterator[Stored]:
    """The current rows are the reference; a test's changes are undone."""
    found = Stored(connection, {0: 0})
    found.keep_as_reference()
    with connection.transaction(force_rollback=True):
        yield found


def test_the_same_rows_differ_in_nothing(stored: Stored) -> None:
    assert stored.count() == PAYMENTS
    assert stored.differences() == {}


@pytest.mark.parametrize(
    ("change", "differences"),
    [
        ("score = score + 0.000002", {"score": 1}),
        ("score = score + 0.0000005", {}),
        ("score = NULL", {"score": 1}),
        ("card_txn_count_24h = card_txn_count_24h + 1", {"card_txn_count_24h": 1}),
        ("merchant_category = NULL", {"merchant_category": 1}),
        ("came_behind_ms = came_behind_ms + 1", {"came_behind_ms": 1}),
        ("transaction_id = 'another'", {"missing": 1, "extra": 1}),
        ("card_id = 'another'", {"missing": 1, "extra": 1}),
    ],
)
def test_a_changed_row_is_found(
    stored: Stored, connection: psycopg.Connection, change: str, differences: dict[str, int]
) -> None:
    connection.execute(
        f"UPDATE scored_payments SET {change} WHERE transaction_id = "  # type: ignore[arg-type]
        "(SELECT min(transaction_id) FROM scored_payments)"
    )
    assert stored.differences() == differences


def test_what_is_passed_is_counted_from_where_the_topic_begins(
    stored: Stored, connection: psycopg.Connection
) -> None:
    row = connection.execute(
        "SELECT max(kafka_offset) FROM scored_payments WHERE kafka_partition = 0"
    ).fetchone()
    assert row
    assert stored.passed() == row[0] + 1
    assert Stored(connection, {0: 10}).passed() == row[0] + 1 - 10


def test_latencies_come_at_every_quantile(stored: Stored, connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT min(event_time), max(event_time) FROM scored_payments")
    begin, end = row.fetchone() or (None, None)
    count, latencies = stored.latencies(begin, end)
    assert count == PAYMENTS - 1
    assert len(latencies) == len(QUANTILES)
    assert latencies == sorted(latencies)
