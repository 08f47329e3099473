"""Whatever is killed while the API answers: every answer is given once, kept, and in the stream."""

import dataclasses
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from swipestream.decisions.check import UNEXPLAINED, Report, check_database
from swipestream.operate import control
from swipestream.settings import Settings
from swipestream.verify.reconcile import run as reconciling
from tests.eventually import eventually
from tests.faults.ground import Ground
from tests.faults.watch import ON_THEIR_WAY_SECONDS
from tests.serving.api_process import Client, make_key
from tests.valid_payment import valid_payment

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

API = "decision-api"
THREADS, PAUSE_SECONDS = 4, 0.04
CARDS = 200
OUTAGE_SECONDS = 15.0
AROUND_SECONDS = 3.0
ANSWERED_SECONDS = 120.0


def outage(program: str) -> Callable[[Ground], None]:
    """A quarter of a minute without it."""

    def do(ground: Ground) -> None:
        ground.supervisor.stop(program)
        try:
            time.sleep(OUTAGE_SECONDS)
        finally:
            ground.supervisor.start(program)

    return do


def without(*programs: str) -> Callable[[Ground], None]:
    """Two of them at the same time."""

    def do(ground: Ground) -> None:
        for program in programs:
            ground.supervisor.stop(program)
        try:
            time.sleep(OUTAGE_SECONDS)
        finally:
            for program in programs:
                ground.supervisor.start(program)

    return do


FAULTS: dict[str, Callable[[Ground], None]] = {
    "kill the API": lambda ground: ground.kill(API),
    "kill the database": lambda ground: ground.kill("postgres"),
    "kill the broker": lambda ground: ground.kill("kafka"),
    "kill the TaskManager": lambda ground: ground.kill("flink-taskmanager"),
    "no database": outage("postgres"),
    "no broker": outage("kafka"),
    "no database and no broker": without("postgres", "kafka"),
}
# Part of the normal test run.
SHORT = ("kill the API",)


@pytest.fixture(scope="module")
def with_api(ground: Ground) -> Iterator[Ground]:
    """The stack with its API under the supervisor."""
    settings = dataclasses.replace(ground.settings, api_budget_ms=500)
    control.up(settings, api=True)
    try:
        yield Ground(settings, ground.world)
    finally:
        control.up(ground.settings, api=False)


class Asking:
    """Requests that do not stop; what was answered 200."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._settings, self._secret = settings, secret
        self.answers: list[dict[str, Any]] = []
        self.without_answer = 0
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(THREADS)
        ]

    def __enter__(self) -> "Asking":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, thread: int) -> None:
        client = Client(self._settings, self._secret)
        number = 0
        while not self._stopped.wait(PAUSE_SECONDS):
            number += 1
            sent = valid_payment(number, card_id=f"card-{thread}-{number % CARDS}")
            sent["transaction_id"] += f"-{thread}"
            try:
                reply = client.decide(sent)
            except (OSError, http.client.HTTPException):
                # Nobody knows whether it was answered: as a gateway would, ask for it no more.
                self.without_answer += 1
                client = Client(self._settings, self._secret)
                continue
            if reply.status == 200:
                self.answers.append(reply.body)
            else:
                self.without_answer += 1


def missing(settings: Settings, answers: list[dict[str, Any]]) -> list[str]:
    """Answered payments that the stream has not stored."""
    with psycopg.connect(settings.postgres_url) as connection:
        rows = connection.execute(
            "SELECT transaction_id FROM scored_payments WHERE transaction_id = ANY(%s)",
            [[answer["transaction_id"] for answer in answers]],
        ).fetchall()
    return sorted({answer["transaction_id"] for answer in answers} - {row[0] for row in rows})


def kept(settings: Settings, answers: list[dict[str, Any]]) -> bool:
    """Whether the table holds what was answered."""
    with psycopg.connect(settings.postgres_url) as connection:
        rows = connection.execute(
            "SELECT transaction_id, answer FROM decisions WHERE transaction_id = ANY(%s)",
            [[answer["transaction_id"] for answer in answers]],
        ).fetchall()
    found: dict[str, Any] = dict(rows)
    return all(found.get(answer["transaction_id"]) == answer for answer in answers)


def checked(settings: Settings, since: datetime) -> Report:
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        return check_database(connection, since, lambda _: None)


@pytest.mark.parametrize("name", FAULTS)
def test_every_answer_is_kept_and_in_the_stream(
    name: str, with_api: Ground, pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--faults") == "short" and name not in SHORT:
        pytest.skip("part of make test-faults")
    api, since = with_api.settings, datetime.now(UTC)
    secret = make_key(api, f"faults-{time.time_ns()}")
    time.sleep(AROUND_SECONDS)
    with Asking(api, secret) as asking:
        time.sleep(AROUND_SECONDS)
        FAULTS[name](with_api)
        with_api.wait_until_it_answers(API)
        time.sleep(AROUND_SECONDS)
    assert len(asking.answers) > 50
    eventually(
        lambda: missing(api, asking.answers),
        lambda left: not left,
        "all that was answered is in scored_payments",
        ANSWERED_SECONDS,
    )
    assert eventually(lambda: kept(api, asking.answers), seconds=ANSWERED_SECONDS)
    report = eventually(
        lambda: checked(api, since), lambda found: not found.on_their_way, "all is stored"
    )
    assert report.is_clean, report
    assert report.by_cause[UNEXPLAINED] == 0
    ledger = reconciling.reconcile(api, since, patience_seconds=ON_THEIR_WAY_SECONDS)
    assert ledger.is_complete, ledger
