"""What a rule would have done is counted from stored payments, their labels and the policy."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from swipestream.rules.changing import changing
from swipestream.rules.preview import Preview, as_object, insult_cost, preview
from swipestream.rules.report import facts
from swipestream.settings import Settings
from tests.udfs.rules_by_hand import rule
from training.decide.decision_costs import DecisionCosts
from udfs.rule_set import Rule, RuleColumns

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
RING = rule(
    "ring_tickets",
    ("channel", "=", "online"),
    ("merchant_category", "=", "tickets"),
    ("card_txn_count_5m", ">=", 3),
    ("amount_cents", ">", 8000),
)
POLICY = "UPDATE decision_policies SET review_score = 0.5, block_score = 0.9"


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        connection.execute(POLICY)
        yield connection


def store(connection: psycopg.Connection, number: int, **changes: Any) -> str:
    """A stored payment that `RING` fires for, unless something is changed; returns its id."""
    label = changes.pop("label", None)
    days = changes.pop("days", 25.0)
    at = NOW - timedelta(days=days)
    row = {
        "transaction_id": f"t-{number}",
        "card_id": f"c-{number % 20}",
        "customer_id": "k",
        "merchant_id": "m",
        "amount_cents": 10_000,
        "currency": "EUR",
        "channel": "online",
        "merchant_category": "tickets",
        "card_txn_count_5m": 3,
        "event_ms": round(at.replace(tzinfo=UTC).timestamp() * 1000),
        "event_time": at,
        "arrived_at": at,
        "is_customer_known": False,
        "is_merchant_known": True,
        "kafka_partition": 0,
        "kafka_offset": number,
        "score": 0.1,
        "decision": "approve",
        "is_degraded": False,
        "scored_at": at,
    } | changes
    names = ", ".join(row)
    marks = ", ".join(["%s"] * len(row))
    connection.execute(
        f"INSERT INTO scored_payments ({names}) VALUES ({marks})", list(row.values())
    )
    if label is not None:
        connection.execute(
            "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
            "VALUES (%s, %s, NOW(), 'test')",
            [row["transaction_id"], label],
        )
    return str(row["transaction_id"])


def tried(
    settings: Settings,
    connection: psycopg.Connection,
    columns: RuleColumns,
    one: Rule = RING,
    days: float = 30,
) -> Preview:
    since = datetime.now(UTC) - timedelta(days=days)
    return preview(connection, one, columns, settings.models_dir, since)


def test_the_story_of_the_ring(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    """41 frauds of 55 hits in 30 days, for 14 insults, and half of it not found by the score."""
    for number in range(55):
        is_fraud = number < 41
        store(
            connection,
            number,
            days=25 if number % 2 else 5,
            score=0.7 if number < 20 else 0.2,
            label=True if is_fraud else None if number < 50 else False,
        )
    for number in range(55, 200):
        store(connection, number, merchant_category="fuel", label=False)
    store(connection, 200, days=40, label=True)
    found = tried(settings, connection, columns)
    assert (found.payments, found.hits, found.cards, found.frauds) == (200, 55, 20, 41)
    # Young and without a label: of 41 to 49, the even ones.
    assert found.open == 4
    assert (found.mature, found.mature_frauds) == (27, 20)
    assert found.precision is not None
    assert found.precision.value == pytest.approx(20 / 27)
    assert 0.4 < found.precision.low < 20 / 27 < found.precision.high <= 1.0
    assert found.caught_cents == 41 * 10_000
    assert found.insults == 10
    assert found.insult_cents == 10 * DecisionCosts().block_insult_cents
    assert (found.model_hits, found.model_frauds) == (20, 20)
    assert found.model_caught_cents == 20 * 10_000
    assert found.days == pytest.approx(20, abs=0.1)
    told = dict(facts(found, 21))
    assert told["known frauds"] == "41 of 55 hits; 4 too young to have a label"
    assert told["precision"].startswith("74.1% (")
    assert told["caught"] == "4,100.00 of known frauds, 2,100.00 of it not by the score"
    assert told["insult cost"] == "1,000.00 for 10 genuine payments"
    assert told["the score alone"] == "alerts on 20 of 55 hits, 20 of 41 frauds"
    assert json.loads(json.dumps(as_object(found)))["hits"] == 55


def test_overlap_with_the_other_rules(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    with changing(settings, columns, "anna", "test") as opened:
        opened.add(RING)
        opened.add(rule("large", ("amount_cents", ">", 20_000), state="shadow"))
        opened.add(rule("per_cent", ("merchant_category", "=", "50%"), action="review"))
        opened.add(rule("old", ("amount_cents", ">", 0), state="off"))
    for number in range(10):
        store(connection, number, amount_cents=10_000 + 4_000 * number)
    overlaps = tried(settings, connection, columns).overlaps
    assert [(item.name, item.state, item.both) for item in overlaps] == [
        ("large", "shadow", 7),
        ("per_cent", "live", 0),
    ]


def test_lists_count_as_they_are_now(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    moment = round((datetime.now(UTC) - timedelta(days=10)).timestamp() * 1000)
    known = rule("known", ("card_id", "in list", "bad"), action="review")
    with changing(settings, columns, "anna", "test") as opened:
        opened.add_entries("bad", "cards", {"c-1": None, "c-2": moment})
    for number in range(3):
        store(connection, number, days=25)
        store(connection, number + 20, days=5)
    found = tried(settings, connection, columns, known)
    assert (found.hits, found.cards) == (3, 2)
    cost = DecisionCosts()
    # One of the three is young and may still be fraud.
    assert found.insults == 2
    assert found.insult_cents == 3 * cost.review_cents + 2 * cost.review_insult_cents


def test_few_hits_are_not_enough_to_tell(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    for number in range(4):
        store(connection, number, label=True)
    found = tried(settings, connection, columns)
    assert found.precision is None
    assert dict(facts(found, 21))["precision"].startswith("not enough to tell: 4 frauds of 4 hits")


def test_no_payments_and_no_hits(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    found = tried(settings, connection, columns)
    assert (found.payments, found.hits, found.days, found.precision) == (0, 0, 0.0, None)
    store(connection, 1, channel="pos")
    found = tried(settings, connection, columns)
    assert (found.payments, found.hits, found.insult_cents) == (1, 0, 0)


def test_the_newest_label_of_a_payment_counts(
    settings: Settings, connection: psycopg.Connection, columns: RuleColumns
) -> None:
    name = store(connection, 1, label=True)
    connection.execute(
        "INSERT INTO labels (transaction_id, is_fraud, labelled_at, source) "
        "VALUES (%s, FALSE, NOW() + INTERVAL '1 minute', 'test')",
        [name],
    )
    assert tried(settings, connection, columns).frauds == 0


def test_what_insults_cost_depends_on_the_action() -> None:
    cost = DecisionCosts(review_cents=5, review_insult_cents=2, block_insult_cents=100)
    assert insult_cost("block", cost, hits=10, insults=3) == 300
    assert insult_cost("review", cost, hits=10, insults=3) == 56
    assert insult_cost("allow", cost, hits=10, insults=3) == 0
