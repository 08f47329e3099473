"""The outcomes of messages in the views; conflicts stand beside the stored payment."""

from collections.abc import Iterator

import psycopg
import pytest

from swipestream.settings import Settings
from tests.dashboards.conftest import made_up

pytestmark = pytest.mark.stack

# A payment once more: the same number on another card, at another merchant.
OTHER_CARD = """
INSERT INTO scored_payments
SELECT (
    JSONB_POPULATE_RECORD(
        p, JSONB_BUILD_OBJECT('card_id', 'another-card', 'amount_cents', p.amount_cents + 1)
    )
).*
FROM scored_payments AS p
WHERE p.transaction_id = %s
"""
FRAUD = """
INSERT INTO labels (transaction_id, is_fraud, labelled_at, source)
VALUES (%s, TRUE, NOW(), 'bank')
"""


@pytest.fixture(scope="module")
def url(stack: Settings) -> Iterator[str]:
    """A database of made-up payments of the last two days."""
    with made_up(stack, "message_views", payments=3_000, days=2) as address:
        yield address


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A test's changes are rolled back."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def number_of_a_payment(connection: psycopg.Connection) -> str:
    """Of one without a label, approved."""
    row = connection.execute(
        "SELECT MIN(p.transaction_id) FROM scored_payments AS p WHERE p.decision = 'approve' "
        "AND NOT EXISTS (SELECT FROM labels AS l WHERE l.transaction_id = p.transaction_id)"
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_every_message_has_one_of_four_outcomes(connection: psycopg.Connection) -> None:
    counts: dict[str, int] = dict(
        connection.execute(
            "SELECT outcome, SUM(message_count) FROM dashboards.message_outcomes GROUP BY outcome"
        ).fetchall()
    )
    tables = {
        "scored": "scored_payments",
        "duplicate": "duplicate_payments",
        "conflict": "conflicting_payments",
        "rejected": "rejected_payments",
    }
    stored = {
        outcome: (connection.execute(f"SELECT COUNT(*) FROM {table}".encode()).fetchone() or ())[0]
        for outcome, table in tables.items()
    }
    assert counts == stored and all(counts.values())


def test_a_conflict_is_beside_what_is_stored(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT reason, ROUND((amount - stored_amount)::numeric, 6) = 1, "
        "merchant = stored_merchant, event_time = stored_event_time, stored_decision IS NOT NULL "
        "FROM dashboards.payment_conflicts"
    ).fetchall()
    assert set(rows) == {("another amount_cents", True, True, True, True)}


def test_a_conflict_is_not_beside_the_payment_of_another_card(
    connection: psycopg.Connection,
) -> None:
    (number,) = connection.execute(
        "SELECT MIN(transaction_id) FROM conflicting_payments"
    ).fetchone() or ("",)
    connection.execute(OTHER_CARD, [number])
    found = connection.execute(
        "SELECT ROUND((amount - stored_amount)::numeric, 6) = 1 FROM dashboards.payment_conflicts "
        "WHERE transaction_id = %s",
        [number],
    ).fetchall()
    assert found == [(True,)]


def test_two_payments_of_one_number_stay_two(connection: psycopg.Connection) -> None:
    number = number_of_a_payment(connection)
    connection.execute(OTHER_CARD, [number])
    connection.execute(FRAUD, [number])
    shown = connection.execute(
        "SELECT card_id, verdict FROM dashboards.card_payments WHERE transaction_id = %s", [number]
    ).fetchall()
    assert len(shown) == 2 and {verdict for _, verdict in shown} == {"fraud"}
    missed = connection.execute(
        "SELECT outcome, COUNT(*) FROM dashboards.model_verdicts WHERE transaction_id = %s "
        "GROUP BY outcome",
        [number],
    ).fetchall()
    assert missed == [("missed", 2)]
    features = connection.execute(
        "SELECT COUNT(*), COUNT(DISTINCT feature) FROM dashboards.card_features "
        "WHERE transaction_id = %s GROUP BY card_id",
        [number],
    ).fetchall()
    assert len(features) == 2 and all(rows == different for rows, different in features)


def test_payments_out_of_order_are_counted_and_have_no_latency(
    connection: psycopg.Connection,
) -> None:
    behind, late = connection.execute(
        "SELECT COUNT(*) FILTER (WHERE came_behind_ms > 0), "
        "COUNT(latency_ms) FILTER (WHERE came_behind_ms > 0) FROM payment_latencies"
    ).fetchone() or (0, 0)
    assert behind > 0 and late == 0
    counted = connection.execute(
        "SELECT SUM(behind_count) FROM dashboards.pipeline_latency"
    ).fetchone()
    assert counted == (behind,)


@pytest.mark.parametrize(("history", "is_timed"), [(3, True), (None, False)])
def test_of_earlier_versions_what_was_late_has_no_latency(
    connection: psycopg.Connection, history: int | None, is_timed: bool
) -> None:
    number = number_of_a_payment(connection)
    connection.execute(
        "UPDATE scored_payments SET came_behind_ms = NULL, card_txn_count_7d = %s "
        "WHERE transaction_id = %s",
        [history, number],
    )
    row = connection.execute(
        "SELECT latency_ms IS NOT NULL FROM payment_latencies WHERE transaction_id = %s", [number]
    ).fetchone()
    assert row == (is_timed,)
