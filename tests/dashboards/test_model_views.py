"""The views about models agree with their payments, alerts and labels."""

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.settings import Settings
from tests.dashboards.conftest import made_up

pytestmark = pytest.mark.stack

CHAMPION, CHALLENGER = "m-made-up-2", "m-made-up-3"
# What both have scored, with the share of its labels that has come.
SCORED = """
SELECT p.score, p.challenger_score, COALESCE(l.is_fraud, FALSE), d.arrived_share
FROM scored_payments AS p
INNER JOIN dashboards.day_arrivals AS d ON DATE_TRUNC('day', p.event_time) = d.day_at
LEFT JOIN current_labels AS l ON p.transaction_id = l.transaction_id
WHERE p.challenger_score IS NOT NULL
"""
ALERTS = """
SELECT
    COUNT(*) FILTER (WHERE p.score >= d.review_score),
    COUNT(*) FILTER (WHERE p.challenger_score >= d.review_score),
    COUNT(*) FILTER (WHERE LEAST(p.score, p.challenger_score) >= d.review_score)
FROM scored_payments AS p
INNER JOIN decision_policies AS d ON p.channel = d.channel
WHERE
    p.challenger_score IS NOT NULL
    AND p.stored_at <= (SELECT stored_up_to FROM dashboards.roll_up_frontier)
"""
CONTEST = """
SELECT role, model_version, alert_count, shared_alert_count, average_precision,
    tested_average_precision
FROM dashboards.model_contest
ORDER BY role DESC
"""


@pytest.fixture(scope="module")
def url(stack: Settings) -> Iterator[str]:
    """A database of made-up payments of the last twenty days."""
    with made_up(stack, "model_views", payments=10_000, days=20) as address:
        yield address


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A test's changes are rolled back."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def test_two_models_are_compared_on_the_same_payments(connection: psycopg.Connection) -> None:
    scored = np.array(connection.execute(SCORED).fetchall(), dtype=float)
    score, other, label, arrived = scored.T
    assert 0.7 < arrived.mean() < 1
    assert label.sum() > 3
    ours, theirs, both = connection.execute(ALERTS).fetchone() or (0, 0, 0)
    expected = [
        ("champion", CHAMPION, ours, both, precision(label, score, arrived), 0.74),
        ("challenger", CHALLENGER, theirs, both, precision(label, other, arrived), 0.76),
    ]
    found = connection.execute(CONTEST).fetchall()
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert row[4:] == pytest.approx(wanted[4:])


def precision(label: np.ndarray, score: np.ndarray, arrived: np.ndarray) -> float:
    """Average precision by thousandths of score, of payments as far as their labels have come."""
    bins = np.minimum(np.floor(score * 1000), 999)
    total = 0.0
    for level in np.unique(bins[label == 1]):
        above = bins >= level
        so_far = min(1.0, label[above].sum() / arrived[above].sum())
        total += label[bins == level].sum() * so_far
    return total / label.sum()


def test_without_a_challenger_the_champion_stands_alone(connection: psycopg.Connection) -> None:
    connection.execute(
        "UPDATE scored_payments SET challenger_score = NULL, challenger_version = NULL"
    )
    connection.execute("TRUNCATE dashboards.payment_sums, dashboards.score_counts")
    connection.execute("UPDATE dashboards.roll_up_frontier SET stored_up_to = '-infinity'")
    dashboard_schema.refresh(connection)
    champion, challenger = connection.execute(CONTEST).fetchall()
    assert champion[:2] == ("champion", CHAMPION) and champion[2] > 0 and champion[4] > 0
    assert challenger == ("challenger", "no challenger at present", None, None, None, None)


def test_scores_are_held_against_those_in_training(connection: psycopg.Connection) -> None:
    found: dict[str, list[float]] = {}
    for scorer, total in connection.execute(
        "SELECT scorer, SUM(payment_count) FROM dashboards.score_spread "
        "WHERE model_version = %s GROUP BY scorer, band ORDER BY band",
        (CHAMPION,),
    ):
        found.setdefault(scorer, []).append(total)
    assert found.keys() == {"now", "in training", "challenger now"}
    assert sum(found["in training"]) == pytest.approx(sum(found["now"]))
    assert sum(found["challenger now"]) == sum(found["now"])
    trained = np.array([90200, 380, 110, 50, 40, 310, 210, 150, 110, 95])
    assert np.array(found["in training"]) / sum(found["now"]) == pytest.approx(
        trained / trained.sum()
    )


def test_looks_are_held_against_what_analysts_can_do(connection: psycopg.Connection) -> None:
    loads = connection.execute(
        "SELECT model_version, SUM(review_count), SUM(block_count), SUM(payment_count), "
        "SUM(review_capacity), MAX(review_capacity) FROM dashboards.review_load "
        "GROUP BY model_version ORDER BY model_version"
    ).fetchall()
    (first, *_, most), (second, _, _, payments, capacity, _) = loads
    assert (first, second) == ("m-made-up-1", CHAMPION)
    assert most == 40
    assert capacity == pytest.approx(float(payments) * 0.01)
    alerts = connection.execute(
        "SELECT COUNT(*) FILTER (WHERE decision = 'review'), "
        "COUNT(*) FILTER (WHERE decision = 'block') FROM alerts"
    ).fetchone()
    assert alerts == tuple(sum(row[place] for row in loads) for place in (1, 2))
