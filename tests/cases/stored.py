"""Payments and alerts as the stream stores them, and cases made of them."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import psycopg

from swipestream.cases import opening, passwords, sessions
from swipestream.cases.rows import Row, fetch_all, fetch_one
from tests.eventually import eventually

PASSWORD = "a password to test with"
_NUMBERS = itertools.count(1)
_PAYMENT: dict[str, Any] = {
    "customer_id": "h1",
    "merchant_id": "m1",
    "amount_cents": 10_000,
    "currency": "EUR",
    "channel": "online",
    "device_id": None,
    "card_last4": "4242",
    "kafka_partition": 0,
    "is_customer_known": True,
    "is_merchant_known": True,
    "is_degraded": False,
    "merchant_category": "electronics",
    "merchant_country": "FR",
    "home_country": "DE",
    "score": 0.5,
    "model_version": "m-20300101000000-0123456789",
    "policy_version": 1,
}
Database = psycopg.Connection[Any]


def store(connection: Database, card_id: str, **changes: Any) -> str:
    """
    Store a payment, and its alert unless it is approved.

    :param changes: of its columns; `minutes_ago` says when it was made, `decision` is block.
    :return: its transaction id.
    """
    number = next(_NUMBERS)
    at = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=changes.pop("minutes_ago", 5.0))
    row = (
        _PAYMENT
        | {
            "transaction_id": f"t-{card_id}-{number}",
            "card_id": card_id,
            "decision": "block",
            "kafka_offset": number,
            "event_time": at.isoformat(),
            "event_ms": round(at.replace(tzinfo=UTC).timestamp() * 1000),
            "arrived_at": at.isoformat(),
            "scored_at": datetime.now(UTC).replace(tzinfo=None).isoformat(),
            "stored_at": datetime.now(UTC).isoformat(),
        }
        | changes
    )
    for table in (
        ("scored_payments", "alerts") if row["decision"] != "approve" else ("scored_payments",)
    ):
        connection.execute(
            f"INSERT INTO {table} SELECT * FROM JSONB_POPULATE_RECORD(NULL::{table}, %s)",
            [json.dumps(row)],
        )
    return str(row["transaction_id"])


def label(connection: Database, transaction_id: str, is_fraud: bool, source: str = "bank") -> None:
    """What somebody else says of a payment."""
    connection.execute(
        "INSERT INTO labels (transaction_id, is_fraud, reason, labelled_at, source) "
        "VALUES (%s, %s, 'chargeback', NOW() AT TIME ZONE 'UTC', %s)",
        [transaction_id, is_fraud, source],
    )


def open_all(connection: Database) -> list[Row]:
    """Make cases of the alerts that have none; all that are open, the most at risk first."""
    while opening.open_cases(connection, 3600.0):
        pass
    return fetch_all(
        connection, "SELECT * FROM cases WHERE status <> 'closed' ORDER BY risk_cents DESC"
    )


def new_case(connection: Database, card_id: str, **changes: Any) -> Row:
    """The case of a new alert."""
    store(connection, card_id, **changes)
    open_all(connection)
    found = fetch_one(
        connection, "SELECT * FROM cases WHERE card_id = %s AND status <> 'closed'", [card_id]
    )
    assert found is not None
    return found


def case(connection: Database, number: int) -> Row:
    """A case as it is now."""
    found = fetch_one(connection, "SELECT * FROM cases WHERE case_number = %s", [number])
    assert found is not None
    return found


def payments_of(connection: Database, number: int) -> list[str]:
    """The transaction ids of a case."""
    rows = fetch_all(
        connection,
        "SELECT transaction_id FROM case_alerts WHERE case_number = %s ORDER BY 1",
        [number],
    )
    return [row["transaction_id"] for row in rows]


def labels_of(connection: Database, number: int) -> list[Row]:
    """What a case has left for the topic."""
    return fetch_all(
        connection, "SELECT * FROM label_outbox WHERE case_number = %s ORDER BY 1", [number]
    )


def events_of(connection: Database, number: int) -> list[str]:
    """What was done with a case, in order."""
    rows = fetch_all(
        connection, "SELECT kind FROM case_events WHERE case_number = %s ORDER BY event_number",
        [number],
    )  # fmt: skip
    return [row["kind"] for row in rows]


def wait_until_blocked(connection: Database) -> None:
    """Until somebody waits for what somebody else's transaction keeps."""
    eventually(
        lambda: connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone(),
        what="a statement waits for a lock",
        seconds=20,
    )


def add_people(connection: Database, **roles: str) -> None:
    """Let people use the desk, all with `PASSWORD`, unless they may already."""
    for login, role in roles.items():
        connection.execute(
            "INSERT INTO analysts (login, password_hash, role, made_by) "
            "VALUES (%s, %s, %s, 'tests') ON CONFLICT DO NOTHING",
            [login, hash_of_password(), role],
        )


@cache
def hash_of_password() -> str:
    """Of `PASSWORD`; a hash is slow on purpose."""
    return passwords.hashed(PASSWORD)


def session(connection: Database, login: str) -> str:
    """:return: the token of a new session, without the slow way through the password."""
    token = sessions.new_token()
    connection.execute(sessions.BEGIN, [sessions.hash_of(token), login, sessions.SESSION_HOURS])
    return token


def empty(connection: Database) -> None:
    """Take out cases, payments and labels, as only the owner can."""
    connection.execute("ALTER TABLE case_events DISABLE TRIGGER case_events_only_grow")
    connection.execute(
        "TRUNCATE cases, case_alerts, case_events, label_outbox, device_cards, case_progress, "
        "scored_payments, alerts, alert_reasons, labels"
    )
    connection.execute("ALTER TABLE case_events ENABLE TRIGGER case_events_only_grow")
