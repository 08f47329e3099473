"""What dashboard viewers cost the stream: its latency with them and without."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from bench.catch_up import Plan as TrafficPlan
from bench.catch_up import traffic
from swipestream.console.progress import Say
from swipestream.dashboards import superset
from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import read_files
from swipestream.dashboards.questions import questions
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ANALYST
from swipestream.database.queries import query
from swipestream.demo.stage import Stage
from swipestream.settings import DashboardSettings

DASHBOARD = "fraud_overview"
REFRESH_SECONDS = 10.0
MINUTE_SECONDS = 60.0


@dataclass(frozen=True)
class Phase:
    """
    A part of the run.

    :param p99_ms: the median of its minutes, like p50_ms; `highest_p99_ms` is the worst of them.
    :param answers: that viewers got, `failures` of them errors; the slowest took `slowest_seconds`.
    """

    name: str
    payments: int
    p50_ms: float
    p99_ms: float
    highest_p99_ms: float
    answers: int = 0
    slowest_seconds: float = 0.0
    failures: int = 0


@dataclass
class Answers:
    """What the viewers count together."""

    count: int = 0
    slowest_seconds: float = 0.0
    failures: int = 0


def run(stage: Stage, viewers: int, minutes: int, rate: float, say: Say) -> list[Phase]:
    """
    Payments all the time; viewers in the second half.

    :param viewers: each has the fraud overview open, which refreshes every ten seconds.
    :param minutes: of each half.
    :param rate: payments per second.
    """
    settings = stage.settings
    plan = TrafficPlan(rate, 0, 0, 0, round(time.time()))
    with (
        psycopg.connect(settings.postgres_url, autocommit=True) as connection,
        traffic(stage, plan),
    ):
        say("warming up")
        sleep_until_minute(1)
        say(f"{minutes} minutes without viewers")
        alone = measure(connection, "without viewers", minutes, Answers())
        say(f"{minutes} minutes with {viewers} viewers")
        answers = Answers()
        with watching(settings, viewers, answers):
            watched = measure(connection, f"with {viewers} viewers", minutes, answers)
    return [alone, watched]


def sleep_until_minute(count: int) -> None:
    """Wait until that many full minutes have begun."""
    time.sleep(count * MINUTE_SECONDS - time.time() % MINUTE_SECONDS)


def measure(connection: psycopg.Connection, name: str, minutes: int, answers: Answers) -> Phase:
    """Wait for whole minutes, then read their latencies."""
    begin = datetime.fromtimestamp(time.time() // MINUTE_SECONDS * MINUTE_SECONDS, UTC)
    sleep_until_minute(minutes)
    end = datetime.fromtimestamp(time.time() // MINUTE_SECONDS * MINUTE_SECONDS, UTC)
    row = connection.execute(query("latency_between"), {"begin": begin, "end": end}).fetchone()
    payments, p50, p99, highest = (float(value or 0) for value in row or (0, 0, 0, 0))
    return Phase(
        *(name, int(payments), p50, p99, highest),
        *(answers.count, answers.slowest_seconds, answers.failures),
    )


@contextmanager
def watching(settings: DashboardSettings, viewers: int, answers: Answers) -> Iterator[None]:
    """Viewers who ask for every chart of a dashboard, until the end of the block."""
    stop, lock = threading.Event(), threading.Lock()

    def watch(number: int) -> None:
        # They did not open the page at the same moment.
        if stop.wait(number * REFRESH_SECONDS / viewers):
            return
        client = Client(superset.url(settings), ANALYST, settings.superset_analyst_password)
        numbers = client.numbers("dataset")
        asked = [q for q in questions(read_files()) if q.dashboard == DASHBOARD]
        while not stop.is_set():
            begin = time.monotonic()
            for question in asked:
                payload = question.payload(numbers[question.dataset_uuid]) | {"force": False}
                asked_at = time.monotonic()
                try:
                    status, _ = client.request("POST", "/api/v1/chart/data", payload)
                except DashboardError:
                    status = 0
                with lock:
                    answers.count += 1
                    answers.failures += status != 200
                    took = time.monotonic() - asked_at
                    answers.slowest_seconds = max(answers.slowest_seconds, took)
            stop.wait(max(0.0, REFRESH_SECONDS - (time.monotonic() - begin)))

    threads = [
        threading.Thread(target=watch, args=(number,), daemon=True) for number in range(viewers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
