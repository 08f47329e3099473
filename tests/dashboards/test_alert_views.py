"""What analysts read of alerts: what is at stake, links to card and case, one kind of time."""

import re
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest

pytestmark = pytest.mark.stack

DESK = "http://127.0.0.1:18091"
DESK_SEEN = """
INSERT INTO dashboards.pipeline_samples (sampled_at, job_state, desk_state, desk_address)
VALUES (CLOCK_TIMESTAMP() - %s::interval, 'RUNNING', 'answers', %s)
"""
TIMES = """
SELECT c.relname || '.' || a.attname
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
WHERE
    c.relnamespace = 'dashboards'::regnamespace
    AND a.atttypid = 'timestamptz'::regtype
    AND HAS_TABLE_PRIVILEGE('swipestream_dashboards', c.oid, 'SELECT')
"""


def one(connection: psycopg.Connection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return tuple(row)


def test_every_time_that_an_analyst_reads_is_of_one_kind(people: psycopg.Connection) -> None:
    assert people.execute(TIMES).fetchall() == []


def test_what_is_at_stake_is_score_times_amount(people: psycopg.Connection) -> None:
    people.execute(
        "UPDATE alerts SET score = NULL "
        "WHERE transaction_id = (SELECT MIN(transaction_id) FROM alerts)"
    )
    wrong = people.execute(
        "SELECT s.at_stake, a.score, a.amount_cents FROM dashboards.suspected_payments AS s "
        "INNER JOIN alerts AS a USING (transaction_id, card_id) "
        "WHERE ABS(s.at_stake - COALESCE(a.score, 1) * a.amount_cents / 100) > 0.006"
    ).fetchall()
    assert wrong == []
    (whole,) = one(
        people,
        "SELECT COUNT(*) FROM dashboards.suspected_payments "
        "WHERE score_pct IS NULL AND at_stake = amount",
    )
    assert whole == 1


def test_a_decision_has_the_color_of_the_charts(people: psycopg.Connection) -> None:
    # The rows are random, and may hold no payment that was blocked.
    for decision in ("block", "review"):
        people.execute(
            "UPDATE scored_payments SET decision = %s WHERE transaction_id = ("
            "SELECT MIN(transaction_id) FROM scored_payments WHERE decision = 'approve')",
            [decision],
        )
    chips: dict[str, str] = dict(
        people.execute(
            "SELECT DISTINCT decision, decision_chip FROM dashboards.card_payments"
        ).fetchall()
    )
    assert "#C8324A" in chips["block"] and ">block</span>" in chips["block"]
    assert "#E3A23B" in chips["review"] and "#4A6FA5" in chips["approve"]


def test_an_alert_leads_to_its_card(people: psycopg.Connection) -> None:
    link, last4, label = one(
        people,
        "SELECT s.card_link, k.card_last4, k.card FROM dashboards.suspected_payments AS s "
        "INNER JOIN dashboards.alerted_cards AS k USING (card_id) "
        "WHERE k.alert_count = 1 ORDER BY s.at_stake DESC LIMIT 1",
    )
    assert link.endswith(f">… {last4}</a>") and link.count("<a ") == 1
    assert f"val:!('{label}')" in unquote(link)


def test_the_name_in_a_link_finds_the_payments_of_the_card(people: psycopg.Connection) -> None:
    label, card_id, alerts = one(
        people,
        "SELECT card, card_id, alert_count FROM dashboards.alerted_cards "
        "ORDER BY highest_score DESC LIMIT 1",
    )
    payments, suspected, cards = one(
        people,
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE decision <> 'approve'), "
        "COUNT(DISTINCT card_id) FROM dashboards.card_payments WHERE card = %s",
        label,
    )
    (stored,) = one(people, "SELECT COUNT(*) FROM scored_payments WHERE card_id = %s", card_id)
    assert (payments, suspected, cards) == (stored, alerts, 1)
    for view in ("card_reasons", "card_features"):
        assert one(
            people,
            f"SELECT COUNT(DISTINCT card_id), MIN(card_id) FROM dashboards.{view} WHERE card = %s",
            label,
        ) == (1, card_id)


def test_reasons_are_on_the_time_line(people: psycopg.Connection) -> None:
    reasons = people.execute(
        "SELECT decision <> 'approve', main_reason FROM dashboards.card_payments GROUP BY 1, 2"
    ).fetchall()
    assert set(reasons) == {(True, "4 payments within 5 minutes at 4 merchants"), (False, "")}


def test_an_alert_leads_to_its_case_while_the_desk_answers(people: psycopg.Connection) -> None:
    hostile = """a"><script>x</script>'&%"""
    people.execute(
        "UPDATE alerts SET transaction_id = %s "
        "WHERE transaction_id = (SELECT MIN(transaction_id) FROM alerts)",
        [hostile],
    )
    find = "SELECT card_link FROM dashboards.suspected_payments WHERE transaction_id = %s"
    (without,) = one(people, find, hostile)
    assert "cases" not in without
    people.execute(DESK_SEEN, ["0 seconds", DESK])
    (link,) = one(people, find, hostile)
    case = re.search(rf'<a href="{DESK}/cases/by-payment/([%0-9a-f]+)">case</a>$', link)
    assert case and unquote(case[1]) == hostile
    assert link.count("<") == 4


@pytest.mark.parametrize(
    ("ago", "address"),
    [
        ("2 minutes", DESK),
        ("0 seconds", None),
        ("0 seconds", 'javascript:alert(1)//"'),
        ("0 seconds", 'http://desk"><b>'),
    ],
)
def test_no_link_leads_to_a_desk_that_is_not_there(
    people: psycopg.Connection, ago: str, address: str | None
) -> None:
    people.execute("DELETE FROM dashboards.pipeline_samples")
    people.execute(DESK_SEEN, [ago, address])
    (found,) = one(
        people,
        "SELECT COUNT(*) FROM dashboards.suspected_payments WHERE card_link LIKE '%%case%%'",
    )
    assert found == 0
