"""The model page says of labels that are still to come what it can, and no more."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.database.migrations import migrate
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC).replace(tzinfo=None)
MODEL = "m-of-the-test"
PAYMENT = """
INSERT INTO {table} (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, event_ms,
    event_time, arrived_at, kafka_partition, kafka_offset, is_customer_known, is_merchant_known,
    is_degraded, decision, scored_at, score, model_version
)
VALUES (
    %(id)s, 'c', 'k', 'm', 1000, 'EUR', 'pos', 1, %(at)s, %(at)s, 0, 0, TRUE, TRUE, FALSE,
    %(decision)s, %(at)s, %(score)s, %(model)s
)
"""
LABEL = """
INSERT INTO labels (transaction_id, is_fraud, event_time, labelled_at, source)
VALUES (%s, %s, %s, %s, 'test')
"""
RATES = """
SELECT
    measure, series,
    dashboards.rate_bound(
        MIN(series), SUM(found_count), SUM(least_count), SUM(most_count), SUM(payment_count),
        SUM(arrived_count)
    )
FROM dashboards.model_rates
GROUP BY measure, series
"""
KNOWN = """
SELECT SUM(found_count) / SUM(payment_count)
FROM dashboards.model_rates
WHERE measure = 'precision' AND series = 'expected'
"""


@pytest.fixture(scope="module")
def url(stack: Settings) -> Iterator[str]:
    """An empty database with tables and views."""
    name = f"label_views_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        address = stack.postgres_url.rpartition("/")[0] + f"/{name}"
        migrate(address)
        dashboard_schema.make(address)
        yield address
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A test's rows are rolled back."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def add_payment(
    connection: psycopg.Connection, name: str, age_days: float, decision: str, score: float = 0.5
) -> None:
    values = {
        **{"id": name, "at": NOW - timedelta(days=age_days), "decision": decision},
        **{"score": score, "model": MODEL},
    }
    connection.execute(PAYMENT.format(table="scored_payments").encode(), values)
    if decision != "approve":
        connection.execute(PAYMENT.format(table="alerts").encode(), values)


def add_label(
    connection: psycopg.Connection, name: str, is_fraud: bool, age_days: float, delay_days: float
) -> None:
    paid_at = NOW - timedelta(days=age_days)
    at = paid_at + timedelta(days=delay_days)
    connection.execute(LABEL, (name, is_fraud, paid_at, at))


def refresh(connection: psycopg.Connection) -> None:
    connection.execute("REFRESH MATERIALIZED VIEW dashboards.label_delays")
    connection.execute(
        "INSERT INTO dashboards.score_counts "
        "SELECT (dashboards.score_counts_between('-infinity', 'infinity')).*"
    )


def add_earlier_labels(
    connection: psycopg.Connection, rng: np.random.Generator, days: float = 60, count: int = 3_000
) -> np.ndarray:
    """Labels of frauds of the last days, as far as they have come; returns all their delays."""
    ages, delays = rng.uniform(0, days, count), rng.gamma(2.0, 2.5, count)
    for number in np.flatnonzero(delays < ages):
        add_label(connection, f"earlier-{number}", True, ages[number], delays[number])
    # Known up to now, whenever the newest of them came.
    add_label(connection, "newest", True, 1, 1)
    return delays


def rates(connection: psycopg.Connection) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for measure, series, rate in connection.execute(RATES).fetchall():
        found.setdefault(measure, {})[series] = rate
    return found


def test_the_delay_is_that_of_all_labels_not_of_those_that_came_soon(
    connection: psycopg.Connection,
) -> None:
    delays = add_earlier_labels(connection, np.random.default_rng(1), days=40)
    refresh(connection)
    for days in (2, 5, 10, 20):
        row = connection.execute(
            "SELECT arrived_share, is_measured FROM dashboards.label_delays WHERE age_hours = %s",
            (24 * days,),
        ).fetchone()
        assert row and row[1]
        assert row[0] == pytest.approx(np.mean(delays < days), abs=0.03)
    # A plain mean of what has come by now is wrong by more than that.
    (plain,) = connection.execute(
        "SELECT AVG((labelled_at < event_time + INTERVAL '5 days')::integer) FROM labels"
    ).fetchone() or (0,)
    assert abs(float(plain) - np.mean(delays < 5)) > 0.04


@pytest.mark.parametrize(("count", "days"), [(60, 60), (3_000, 20)])
def test_without_enough_labels_three_weeks_are_assumed(
    connection: psycopg.Connection, count: int, days: float
) -> None:
    add_earlier_labels(connection, np.random.default_rng(1), days, count)
    refresh(connection)
    shares = connection.execute(
        "SELECT arrived_share FROM dashboards.label_delays "
        "WHERE age_hours IN (24 * 21 - 1, 24 * 21) AND NOT is_measured ORDER BY age_hours"
    ).fetchall()
    assert shares == [(0,), (1,)]


def test_an_alert_without_a_label_is_open_until_labels_would_have_come(
    connection: psycopg.Connection,
) -> None:
    add_earlier_labels(connection, np.random.default_rng(2))
    add_payment(connection, "young", 3, "review")
    add_payment(connection, "old", 30, "review")
    add_payment(connection, "cleared", 3, "block")
    add_label(connection, "cleared", False, 3, 1)
    add_payment(connection, "caught", 3, "block")
    add_label(connection, "caught", True, 3, 1)
    add_payment(connection, "missed", 3, "approve")
    add_label(connection, "missed", True, 3, 1)
    add_payment(connection, "nothing", 3, "approve")
    refresh(connection)
    found = connection.execute("SELECT transaction_id, outcome FROM dashboards.model_verdicts")
    assert dict(found.fetchall()) == {
        **{"young": "open", "old": "false alarm", "cleared": "false alarm"},
        **{"caught": "caught", "missed": "missed"},
    }


def test_without_any_label_all_is_open(connection: psycopg.Connection) -> None:
    add_payment(connection, "old", 100, "review")
    refresh(connection)
    found = connection.execute("SELECT outcome FROM dashboards.model_verdicts")
    assert found.fetchall() == [("open",)]
    assert rates(connection) == {"precision": {"at least": 0, "expected": None, "at most": 1}}


def world(connection: psycopg.Connection, seed: int, precision: float, recall: float) -> None:
    """Eight days of alerts and frauds of a run, with the labels that have come by now."""
    rng = np.random.default_rng(seed)
    add_earlier_labels(connection, rng)
    connection.execute("INSERT INTO simulated_runs (id_pattern) VALUES ('p-7-____')")
    alerts, missed = 700, round(700 * precision * (1 / recall - 1))
    for number in range(alerts + missed):
        name, age, is_alert = f"p-7-{number:04d}", rng.uniform(0, 8), number < alerts
        is_fraud = not is_alert or rng.random() < precision
        score = precision if is_alert else 0.1
        add_payment(connection, name, age, "review" if is_alert else "approve", score)
        if is_fraud:
            connection.execute("INSERT INTO simulated_frauds VALUES (%s, 'kind')", (name,))
            delay = rng.gamma(2.0, 2.5)
            if delay < age:
                add_label(connection, name, True, age, delay)


def test_the_truth_lies_within_the_bounds(connection: psycopg.Connection) -> None:
    outside = []
    for seed in range(8):
        with connection.transaction(force_rollback=True):
            world(connection, seed, precision=0.36, recall=0.75)
            refresh(connection)
            found = rates(connection)
            (known,) = connection.execute(KNOWN).fetchone() or (1,)
        # What the page once said: labels known so far, as if all had come.
        assert float(known) < 0.25
        for measure in ("precision", "recall"):
            low, expected, high, true = (
                found[measure][series] or 0
                for series in ("at least", "expected", "at most", "truth (simulator)")
            )
            assert 0 < low < expected < high < 1
            # Narrow enough to say something.
            assert high - low < 0.25
            if not low <= true <= high:
                outside.append((seed, measure))
    # Of twenty bounds one may be wrong.
    assert len(outside) <= 1, outside


def test_a_score_that_is_a_probability_lies_within_its_bounds(
    connection: psycopg.Connection,
) -> None:
    world(connection, seed=5, precision=0.36, recall=0.999)
    refresh(connection)
    shares: dict[str, float] = dict(
        connection.execute(
            "SELECT series, CASE WHEN MIN(series) = 'by the score' "
            "THEN SUM(found_count) / SUM(payment_count) ELSE dashboards.rate_bound(MIN(series), "
            "SUM(found_count), SUM(found_count), SUM(payment_count), SUM(payment_count), "
            "SUM(arrived_count)) END FROM dashboards.score_bands WHERE band_number = 3 "
            "GROUP BY series"
        ).fetchall()
    )
    assert shares["by the score"] == pytest.approx(0.36, abs=0.01)
    assert shares["at least"] <= shares["by the score"] <= shares["at most"]
    assert shares["truth (simulator)"] == pytest.approx(0.36, abs=0.06)


def test_ones_own_payments_are_no_part_of_the_simulators_truth(
    connection: psycopg.Connection,
) -> None:
    world(connection, seed=6, precision=0.5, recall=0.8)
    refresh(connection)
    before = rates(connection)["precision"]["truth (simulator)"]
    bands = "SELECT SUM(payment_count) FROM dashboards.score_bands WHERE series = %s"
    (simulated,) = connection.execute(bands, ("truth (simulator)",)).fetchone() or (0,)
    for number in range(50):
        add_payment(connection, f"mine-{number}", 2, "review")
    connection.execute("TRUNCATE dashboards.score_counts")
    refresh(connection)
    assert rates(connection)["precision"]["truth (simulator)"] == before
    assert (connection.execute(bands, ("truth (simulator)",)).fetchone() or (1,))[0] == simulated
    (of_all,) = connection.execute(bands, ("by the score",)).fetchone() or (0,)
    assert of_all == simulated + 50


@pytest.mark.parametrize(
    ("arguments", "low", "expected", "high"),
    [
        # All labels have come: a plain share with its interval.
        ((30, 30, 100, 100, 100), 0.30, 0.30, 0.396),
        # Of a fifth of the labels nothing was found: up to three in a hundred of what will come.
        ((0, 0, 100, 100, 20), 0.0, 0.0, 0.185),
        # Certain limits: what was cleared does not come.
        ((30, 30, 32, 100, 20), 0.32, 0.32, 0.32),
        # Labels worth fewer than five payments.
        ((1, 1, 10, 10, 2), 0.1, None, 1.0),
        ((0, 0, 10, 10, 0), 0.0, None, 1.0),
    ],
)
def test_a_bound_is(
    connection: psycopg.Connection,
    arguments: tuple[float, ...],
    low: float,
    expected: float | None,
    high: float,
) -> None:
    found = [
        (connection.execute(
            "SELECT dashboards.rate_bound(%s, %s, %s, %s, %s, %s)", (series, *arguments)
        ).fetchone() or (None,))[0]
        for series in ("at least", "expected", "at most")
    ]  # fmt: skip
    assert found == [pytest.approx(low, abs=0.01), expected, pytest.approx(high, abs=0.01)]


def test_labels_older_than_their_payment_tell_no_delay(connection: psycopg.Connection) -> None:
    add_earlier_labels(connection, np.random.default_rng(1))
    refresh(connection)
    shares = "SELECT arrived_share FROM dashboards.label_delays ORDER BY age_hours"
    before = connection.execute(shares).fetchall()
    for number in range(500):
        add_label(connection, f"odd-{number}", True, age_days=5, delay_days=-2)
    refresh(connection)
    assert connection.execute(shares).fetchall() == before
