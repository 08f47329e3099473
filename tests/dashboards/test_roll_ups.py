"""The views agree with the payments, whenever the roll-ups were refreshed."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.demo.outcomes import OutcomeReader
from swipestream.settings import Settings
from tests.dashboards.conftest import made_up

pytestmark = pytest.mark.stack

FROM_PAYMENTS = """
SELECT
    dashboards.in_words(channel), COUNT(*), SUM(amount_cents),
    COUNT(*) FILTER (WHERE decision <> 'approve'),
    COALESCE(SUM(amount_cents) FILTER (WHERE decision <> 'approve'), 0)
FROM scored_payments
GROUP BY channel
ORDER BY 1
"""
FROM_VIEW = """
SELECT
    channel, SUM(payment_count), ROUND(SUM(amount) * 100)::bigint, SUM(suspected_count),
    ROUND(SUM(suspected_amount) * 100)::bigint
FROM dashboards.payment_volume
GROUP BY channel
ORDER BY channel
"""
# Copies of some payments under new names, of another age and stored at another time.
MORE = """
INSERT INTO scored_payments
SELECT (
    JSONB_POPULATE_RECORD(
        p,
        JSONB_BUILD_OBJECT(
            'transaction_id', %(name)s || p.transaction_id,
            'event_time', NOW() AT TIME ZONE 'UTC' - %(age)s::interval,
            'stored_at', NOW() - %(stored)s::interval
        )
    )
).*
FROM scored_payments AS p
ORDER BY p.transaction_id
LIMIT 40
"""


@pytest.fixture(scope="module")
def url(stack: Settings) -> Iterator[str]:
    """A database of made-up payments of the last five days."""
    with made_up(stack, "roll_ups", payments=3_000, days=5) as address:
        yield address


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def agrees(connection: psycopg.Connection) -> bool:
    payments = connection.execute(FROM_PAYMENTS).fetchall()
    return payments == connection.execute(FROM_VIEW).fetchall() and len(payments) == 3


def test_sums_are_those_of_the_payments(connection: psycopg.Connection) -> None:
    assert agrees(connection)


def test_a_second_refresh_changes_nothing(connection: psycopg.Connection) -> None:
    before = connection.execute(
        "TABLE dashboards.payment_sums ORDER BY 1, 2, 3, 4, 5, 6"
    ).fetchall()
    dashboard_schema.refresh(connection)
    after = connection.execute("TABLE dashboards.payment_sums ORDER BY 1, 2, 3, 4, 5, 6").fetchall()
    assert before == after


@pytest.mark.parametrize(
    ("name", "age", "stored"),
    [
        ("just-now-", "1 second", "0 seconds"),
        ("late-", "4 days", "0 seconds"),
        ("settled-", "1 hour", "0 seconds"),
    ],
)
def test_payments_count_at_once_and_once(
    connection: psycopg.Connection, name: str, age: str, stored: str
) -> None:
    connection.execute(MORE, {"name": name, "age": age, "stored": stored})
    assert agrees(connection)
    # As if more than the ten seconds had passed after which a row counts as settled.
    connection.execute("UPDATE scored_payments SET stored_at = stored_at - INTERVAL '1 minute'")
    connection.execute(
        "UPDATE dashboards.roll_up_frontier SET stored_up_to = stored_up_to - INTERVAL '1 minute'"
    )
    assert agrees(connection)
    dashboard_schema.refresh(connection)
    assert agrees(connection)


def test_an_hour_that_is_three_days_old_is_counted_anew(connection: psycopg.Connection) -> None:
    connection.execute(
        "UPDATE dashboards.roll_up_frontier SET fine_from = fine_from - INTERVAL '6 hours'"
    )
    connection.execute(
        "UPDATE dashboards.payment_sums SET payment_count = payment_count + 7 "
        "WHERE bucket_at IN "
        "(SELECT fine_from + INTERVAL '3 hours' FROM dashboards.roll_up_frontier)"
    )
    dashboard_schema.refresh(connection)
    assert agrees(connection)


def test_visits_are_counted_anew_when_they_are_due(connection: psycopg.Connection) -> None:
    visits = "SELECT SUM(visit_count) FROM dashboards.victim_visits"
    due = "SELECT visits_due_at - NOW() FROM dashboards.roll_up_frontier"
    dashboard_schema.refresh(connection)
    before = connection.execute(visits).fetchone()
    # So many blocked payments that some of their cards must have earlier ones.
    connection.execute(
        "UPDATE alerts SET decision = 'block', event_time = NOW() AT TIME ZONE 'UTC'"
    )
    connection.execute("UPDATE dashboards.roll_up_frontier SET visits_due_at = 'infinity'")
    dashboard_schema.refresh(connection)
    assert connection.execute(visits).fetchone() == before
    connection.execute("UPDATE dashboards.roll_up_frontier SET visits_due_at = NOW()")
    dashboard_schema.refresh(connection)
    now = connection.execute(visits).fetchone()
    assert now and before and now > before
    wait = connection.execute(due).fetchone()
    assert wait and timedelta() < wait[0] < timedelta(hours=1)


def test_files_that_have_not_changed_are_left_alone(url: str) -> None:
    assert not dashboard_schema.make(url)


def test_a_file_that_postgres_refuses_leaves_all_as_it_was(
    url: str, connection: psycopg.Connection
) -> None:
    from swipestream.errors import MigrationError

    wrong = {
        **dashboard_schema.read_files(),
        "views/wrong": "CREATE VIEW dashboards.wrong AS SELEC",
    }
    with pytest.raises(MigrationError, match=r"views/wrong\.sql failed: syntax error"):
        dashboard_schema.make(url, wrong)
    assert agrees(connection)


def test_every_file_is_listed() -> None:
    folder = dashboard_schema.POSTGRES_DIR
    there = {
        str(path.relative_to(folder).with_suffix(""))
        for name in ("views", "roll_ups")
        for path in (folder / name).glob("*.sql")
    }
    assert there == set(dashboard_schema.FILES)


def test_alerts_are_in_currency_and_have_reasons(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "SELECT s.amount * 100 - a.amount_cents, s.score_pct / 100 - a.score, s.main_reason "
        "FROM dashboards.suspected_payments AS s INNER JOIN alerts AS a USING (transaction_id)"
    ).fetchone()
    assert row is not None
    assert abs(row[0]) < 1e-6 and abs(row[1]) <= 0.0005
    assert row[2] == "4 payments within 5 minutes at 4 merchants"


def test_the_demo_gives_an_alert_the_same_reasons(url: str, connection: psycopg.Connection) -> None:
    shown: dict[str, str] = dict(
        connection.execute(
            "SELECT transaction_id, reasons FROM dashboards.suspected_payments"
        ).fetchall()
    )
    partitions = connection.execute("SELECT DISTINCT kafka_partition FROM alerts").fetchall()
    reader = OutcomeReader(url, "payments", {number: 0 for (number,) in partitions})
    try:
        told = {alert["transaction_id"]: alert["reasons"] for alert in reader.alerts()}
    finally:
        reader.close()
    assert told == shown and told


def test_a_card_has_its_features(connection: psycopg.Connection) -> None:
    from flink_jobs.score_payments import JOB

    rows = connection.execute(
        "SELECT feature FROM dashboards.card_features "
        "WHERE transaction_id = (SELECT MIN(transaction_id) FROM scored_payments)"
    ).fetchall()
    assert {row[0] for row in rows} == set(JOB.model_features)
