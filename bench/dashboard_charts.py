"""How long the query of each chart takes with millions of payments, in a separate database."""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from bench.made_up_payments import fill
from swipestream.console.progress import Say
from swipestream.dashboards.files import read_files
from swipestream.dashboards.questions import Question, questions, span
from swipestream.database import dashboard_schema, roles
from swipestream.settings import OWNER, DatabaseSettings
from swipestream.stack.postgres import admin_url

TIMES = 3
BUSIEST_CARD = """
SELECT card FROM dashboards.alerted_cards ORDER BY alert_count DESC, card LIMIT 1
"""
SIZE = "SELECT pg_size_pretty(pg_total_relation_size(%s::regclass))"
VISITS = "REFRESH MATERIALIZED VIEW CONCURRENTLY dashboards.victim_visits"


@dataclass(frozen=True)
class Timing:
    """
    One chart's query.

    :param rows: of the result for the chart's own time range.
    :param usual_seconds: median for that range.
    :param longest_seconds: for all data, once.
    """

    dashboard: str
    chart: str
    rows: int
    usual_seconds: float
    longest_seconds: float


@dataclass(frozen=True)
class Result:
    """
    What was measured.

    :param refresh_seconds: to bring the roll-ups up to date when nothing is new.
    :param visits_seconds: to rebuild `victim_visits`.
    """

    payments: int
    days: float
    payments_size: str
    sums_size: str
    refresh_seconds: float
    visits_seconds: float
    timings: tuple[Timing, ...]


def run(settings: DatabaseSettings, payments: int, days: float, say: Say) -> Result:
    """
    Fill a database, ask it what each chart asks, and drop it again.

    :param settings: of a running stack with an embedded Postgres.
    :param payments: made-up payments, spread evenly over the days.
    """
    with scratch_database(settings) as (owner_url, reader_url):
        fill(owner_url, payments, days, say=say)
        roles.grant(owner_url)
        with psycopg.connect(owner_url, autocommit=True) as connection:
            begin = time.monotonic()
            dashboard_schema.refresh(connection)
            refresh_seconds = time.monotonic() - begin
            begin = time.monotonic()
            connection.execute(VISITS)
            visits_seconds = time.monotonic() - begin
            payments_size, sums_size = (
                str((connection.execute(SIZE, (name,)).fetchone() or ("?",))[0])
                for name in ("scored_payments", "dashboards.payment_sums")
            )
        with psycopg.connect(reader_url, autocommit=True) as connection:
            # Longer than a viewer would wait, so that slow queries are measured and not cut off.
            connection.execute("SET statement_timeout = '5min'")
            card = connection.execute(BUSIEST_CARD).fetchone()
            assert card
            timings = []
            for question in questions(read_files()):
                say(f"{question.dashboard}: {question.chart}")
                timings.append(measure(connection, question.of_card(str(card[0])), days))
    return Result(
        payments, days, payments_size, sums_size, refresh_seconds, visits_seconds, tuple(timings)
    )


def measure(connection: psycopg.Connection, question: Question, days: float) -> Timing:
    """Query the usual time range a few times, then all data."""
    usual = span(question.time_range)
    rows, seconds = 0, []
    for _ in range(TIMES):
        rows, took = ask(connection, question, usual)
        seconds.append(took)
    _, longest = ask(connection, question, timedelta(days=days + 1))
    return Timing(question.dashboard, question.chart, rows, statistics.median(seconds), longest)


def ask(connection: psycopg.Connection, question: Question, period: timedelta) -> tuple[int, float]:
    """:return: rows and seconds."""
    now = datetime.now(UTC).replace(tzinfo=None)
    begin = time.monotonic()
    cursor = connection.execute(
        question.sql(),
        {"begin": now - period, "end": now},  # type: ignore[arg-type]
    )
    rows = len(cursor.fetchall())
    return rows, time.monotonic() - begin


@contextmanager
def scratch_database(settings: DatabaseSettings) -> Iterator[tuple[str, str]]:
    """
    An empty database beside the stack's, dropped in the end.

    :return: its address for the owner, and for the user that dashboards read with.
    """
    name = f"bench_dashboards_{os.getpid()}"
    with psycopg.connect(admin_url(settings), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
        try:
            owner, reader = (
                settings.role_url(role).rpartition("/")[0] + f"/{name}"
                for role in (OWNER, f"{OWNER}_dashboards")
            )
            yield owner, reader
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
