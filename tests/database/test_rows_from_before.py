"""Rows of earlier versions survive the change to scoring payments as they arrive."""

import shutil
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from swipestream.database import dashboard_schema
from swipestream.database.migrations import MIGRATIONS_DIR, migrate
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url

VERSION = "0009_as_of_arrival"
PAYMENT = """
INSERT INTO {table} (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, event_ms,
    event_time, arrived_at, kafka_partition, kafka_offset, {column}, card_txn_count_7d,
    is_customer_known, is_merchant_known, is_degraded, decision, scored_at
)
VALUES (
    %(id)s, %(card)s, 'k', 'm', 100, 'EUR', 'pos', 1, NOW(), NOW(), 0, 0, %(value)s, %(count)s,
    FALSE, FALSE, FALSE, 'block', NOW()
)
"""


@pytest.fixture(scope="module")
def url(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that had rows when the migration came."""
    earlier = tmp_path_factory.mktemp("migrations")
    for path in MIGRATIONS_DIR.glob("*.sql"):
        if path.stem < VERSION:
            shutil.copy(path, earlier)
    with throw_away_postgres(Settings.load()) as own:
        with psycopg.connect(admin_url(own), autocommit=True) as admin:
            admin.execute("CREATE DATABASE earlier OWNER swipestream")
        address = own.postgres_url.rpartition("/")[0] + "/earlier"
        migrate(address, earlier)
        fill(address)
        assert VERSION in migrate(address)
        dashboard_schema.make(address)
        yield address


def fill(address: str) -> None:
    """A payment in time with its alert, label and copy, one that was late, and a label of files."""
    with psycopg.connect(address) as connection:
        for table in ("scored_payments", "alerts"):
            statement = PAYMENT.format(table=table, column="is_late").encode()
            values = {"id": "p1", "card": "c1", "value": False, "count": 0}
            connection.execute(statement, values)
            if table == "scored_payments":
                late = {"id": "p2", "card": "c1", "value": True, "count": None}
                connection.execute(statement, late)
        connection.execute(
            "INSERT INTO duplicate_payments VALUES ('t', 0, 1, 'p1', 'c1', 2, NOW(), NOW())"
        )
        for name in ("p1", "only-in-files"):
            connection.execute(
                "INSERT INTO merchant_labels VALUES (%s, 1, 'bank', 'm', 1, TRUE)", [name]
            )
        # Charts of an earlier version.
        connection.execute("CREATE SCHEMA dashboards")
        connection.execute("CREATE VIEW dashboards.old AS SELECT is_late FROM scored_payments")


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A test's changes are rolled back."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def test_payments_are_still_there_and_only_the_late_one_has_no_latency(
    connection: psycopg.Connection,
) -> None:
    rows = connection.execute(
        "SELECT transaction_id, came_behind_ms, latency_ms IS NOT NULL FROM payment_latencies "
        "ORDER BY 1"
    ).fetchall()
    assert rows == [("p1", None, True), ("p2", None, False)]


@pytest.mark.parametrize("table", ["scored_payments", "alerts"])
def test_the_number_of_a_payment_from_before_is_free_for_other_cards(
    connection: psycopg.Connection, table: str
) -> None:
    statement = PAYMENT.format(table=table, column="came_behind_ms").encode()
    values = {"id": "p1", "card": "c2", "value": 0, "count": 0}
    connection.execute(statement, values)
    assert connection.execute(
        f"SELECT COUNT(*) FROM {table} WHERE transaction_id = 'p1'".encode()
    ).fetchone() == (2,)
    with pytest.raises(errors.UniqueViolation):
        connection.execute(statement, values | {"card": "c1"})


def test_labels_know_the_card_of_their_payment(connection: psycopg.Connection) -> None:
    rows = connection.execute("SELECT transaction_id, card_id FROM merchant_labels ORDER BY 1")
    assert rows.fetchall() == [("only-in-files", ""), ("p1", "c1")]


def test_views_are_those_of_this_version(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT transaction_id, seconds_behind FROM dashboards.card_payments ORDER BY 1"
    )
    assert rows.fetchall() == [("p1", None), ("p2", None)]
    assert connection.execute("SELECT TO_REGCLASS('dashboards.old')").fetchone() == (None,)


def test_copies_are_kept(connection: psycopg.Connection) -> None:
    rows = connection.execute("SELECT kafka_offset, transaction_id FROM duplicate_payments")
    assert rows.fetchall() == [(1, "p1")]
