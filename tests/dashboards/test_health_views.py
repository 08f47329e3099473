"""Pipeline health says what is, and draws nothing that was not."""

from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.stack

SAMPLE = """
INSERT INTO dashboards.pipeline_samples (
    sampled_at, job_state, job_id, restart_count, checkpoint_age_seconds, waiting_count, api_state
)
VALUES (CLOCK_TIMESTAMP() - %s::interval, %s, %s, %s, 5, 10, %s)
"""
SCORING, WAITING, CHECKPOINT, AGAIN, API, DESK = 1, 3, 4, 5, 7, 8


@pytest.fixture(autouse=True)
def empty(people: psycopg.Connection) -> None:
    people.execute("DELETE FROM dashboards.pipeline_samples")


def sampled(
    connection: psycopg.Connection,
    ago: str,
    state: str = "RUNNING",
    job: str | None = "first",
    restarts: int | None = 0,
    api: str | None = None,
) -> None:
    connection.execute(SAMPLE, [ago, state, job, restarts, api])


def now(connection: psycopg.Connection) -> dict[int, tuple[str, str]]:
    """Answer and verdict by position."""
    rows = connection.execute(
        "SELECT position, answer, verdict FROM dashboards.pipeline_now ORDER BY position"
    ).fetchall()
    return {int(position): (answer, verdict) for position, answer, verdict in rows}


def stored_ago(connection: psycopg.Connection, ago: str) -> None:
    """As if the newest payment had been stored then, and the minute rolled up."""
    connection.execute("DELETE FROM dashboards.latency_minutes")
    connection.execute(
        "UPDATE scored_payments SET stored_at = NOW() - %s::interval - (NOW() - stored_at)", [ago]
    )


def test_payments_are_being_scored(people: psycopg.Connection) -> None:
    sampled(people, "3 seconds")
    stored_ago(people, "4 seconds")
    answer, verdict = now(people)[SCORING]
    assert answer.startswith("yes, the last one ") and " s ago" in answer
    assert verdict == "good"


def test_a_running_job_without_payments_is_not_scoring(people: psycopg.Connection) -> None:
    sampled(people, "3 seconds")
    stored_ago(people, "5 minutes")
    answer, verdict = now(people)[SCORING]
    assert answer in ("no payment for 5 min", "no payment for 6 min")
    assert verdict == "watch"


@pytest.mark.parametrize("state", ["NOT RUNNING", "RESTARTING"])
def test_a_job_that_does_not_run_is_red(people: psycopg.Connection, state: str) -> None:
    sampled(people, "3 seconds", state, None, None)
    assert now(people)[SCORING] == (f"no: the job is {state.lower()}", "bad")


@pytest.mark.parametrize("ago", ["2 minutes", None])
def test_what_nobody_has_looked_at_is_not_known(
    people: psycopg.Connection, ago: str | None
) -> None:
    if ago:
        sampled(people, ago, api="answers")
    answers = now(people)
    assert answers[SCORING] == ("not known: nobody has looked for a minute", "watch")
    assert {answers[number] for number in (WAITING, CHECKPOINT, API, DESK)} == {
        ("not known", "off")
    }


@pytest.mark.parametrize("ago", ["0 seconds", "2 hours", None])
def test_a_range_that_ends_now_holds_every_question(
    people: psycopg.Connection, ago: str | None
) -> None:
    if ago:
        sampled(people, ago)
    # Superset's "now" is a whole second, and before the query.
    rows = people.execute(
        "SELECT n.position, n.looked_at AT TIME ZONE 'UTC' = s.sampled_at "
        "FROM dashboards.pipeline_now AS n LEFT JOIN dashboards.pipeline_samples AS s ON TRUE "
        "WHERE n.as_of >= DATE_TRUNC('second', NOW() AT TIME ZONE 'UTC') - INTERVAL '5 minutes' "
        "AND n.as_of < DATE_TRUNC('second', NOW() AT TIME ZONE 'UTC') ORDER BY n.position"
    ).fetchall()
    assert rows == [(position, True if ago else None) for position in range(1, 9)]


@pytest.mark.parametrize(
    ("state", "answer", "verdict"),
    [
        (None, "is not a part of this stack", "off"),
        ("answers", "answers", "good"),
        ("does not answer", "does not answer", "bad"),
    ],
)
def test_the_api_is_on_it(
    people: psycopg.Connection, state: str | None, answer: str, verdict: str
) -> None:
    sampled(people, "3 seconds", api=state)
    assert now(people)[API] == (answer, verdict)


def test_a_job_submitted_again_counts_like_a_restart(people: psycopg.Connection) -> None:
    sampled(people, "90 seconds", restarts=0)
    sampled(people, "80 seconds", restarts=2)
    sampled(people, "70 seconds", "NOT RUNNING", None, None)
    sampled(people, "60 seconds", job="second", restarts=0)
    sampled(people, "50 seconds", job="second", restarts=None)
    sampled(people, "40 seconds", job="second", restarts=1)
    counts = people.execute(
        "SELECT restart_count FROM dashboards.pipeline_state ORDER BY sampled_at"
    ).fetchall()
    assert [int(count) for (count,) in counts[:4]] == [0, 2, 0, 1]
    assert sum(int(count) for (count,) in counts) == 4
    assert now(people)[AGAIN] == ("4 in the last hour", "bad")


def test_a_line_ends_where_nobody_looked(people: psycopg.Connection) -> None:
    for ago in ("30 minutes", "10 minutes", "590 seconds"):
        sampled(people, ago)
    rows = people.execute(
        "SELECT waiting_count FROM dashboards.pipeline_state ORDER BY sampled_at"
    ).fetchall()
    assert [count for (count,) in rows] == [10, None, 10, 10]


def test_a_pause_is_empty_and_not_a_slope(people: psycopg.Connection) -> None:
    people.execute(
        "UPDATE scored_payments SET stored_at = DATE_TRUNC('minute', NOW()) - CASE "
        "WHEN transaction_id < 'p-3' THEN INTERVAL '30 minutes' "
        "WHEN transaction_id < 'p-4' THEN INTERVAL '20 minutes' "
        "ELSE INTERVAL '18 minutes' END"
    )
    people.execute("DELETE FROM dashboards.latency_minutes")
    rows: list[tuple[Any, ...]] = people.execute(
        "SELECT ROUND(EXTRACT(EPOCH FROM "
        "DATE_TRUNC('minute', NOW() AT TIME ZONE 'UTC') - minute_at) / 60)::integer, "
        "payment_count > 0, p99_ms IS NULL AND live_count = 0 AND replayed_count = 0 "
        "FROM dashboards.pipeline_latency ORDER BY minute_at"
    ).fetchall()
    paid = [minutes for minutes, has_payments, _ in rows if has_payments]
    empty = [minutes for minutes, has_payments, is_empty in rows if not has_payments and is_empty]
    assert paid == [30, 20, 18]
    # The first and the last minute of each pause; one of a single minute once.
    assert empty == [29, 21, 19, 17, 1]


def test_empty_minutes_are_no_outcome(people: psycopg.Connection) -> None:
    (empty,) = people.execute(
        "SELECT COUNT(*) FROM dashboards.message_outcomes WHERE message_count = 0"
    ).fetchone() or (None,)
    assert empty == 0


def test_replayed_payments_are_counted_apart(people: psycopg.Connection) -> None:
    people.execute(
        "UPDATE scored_payments SET arrived_at = event_time + INTERVAL '2 minutes' "
        "WHERE transaction_id < 'p-3'"
    )
    people.execute("DELETE FROM dashboards.latency_minutes")
    live, replayed = people.execute(
        "SELECT SUM(live_count), SUM(replayed_count) FROM dashboards.pipeline_latency"
    ).fetchone() or (0, 0)
    expected = people.execute(
        "SELECT COUNT(*) FILTER (WHERE transaction_id >= 'p-3'), "
        "COUNT(*) FILTER (WHERE transaction_id < 'p-3') FROM scored_payments"
    ).fetchone()
    assert (live, replayed) == expected and replayed > 0
