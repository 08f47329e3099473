"""Catch-up: the job is stopped while payments keep coming, and resumes later.

Payments are sent at a steady rate all the time, some of them long after they were made and some
twice. The job is cancelled, left down, and continued from its newest checkpoint. The questions: how
long until it is live again, and does it then score as if it had never been away?
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import psycopg

from simulator.disorder import Account, Disorder, disturbed
from simulator.live import live_payments
from swipestream.console.progress import Say
from swipestream.database.queries import query
from swipestream.demo.sender import send_on_time
from swipestream.demo.stage import JOB_NAME, Stage
from swipestream.errors import ServiceError
from swipestream.jobs import ending, submission
from swipestream.sending.sender import Sender
from swipestream.settings import KafkaSettings
from swipestream.verify.parity.report import Report
from swipestream.verify.parity.run import Steps, silent
from swipestream.verify.parity.run import run as check_parity
from swipestream.verify.reconcile.run import Reconciliation, reconcile
from swipestream.verify.topic_reading import topic_stretch

DISORDER = Disorder(late=0.05, duplicate=0.02, late_seconds=(5.0, 40 * 3600.0))
# Live means that the newest stored payment is at most this old.
LIVE_SECONDS = 2.0
CATCH_UP_SECONDS = 1800.0
# After this many checks in a row, it counts as live.
LOOKS = 4
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Phase:
    """
    Payments that arrived in a part of the run.

    :param behind: how many of them were older than their card's newest payment.
    """

    name: str
    seconds: float
    payments: int
    behind: int

    @property
    def behind_share(self) -> float:
        """Between 0 and 1."""
        return self.behind / self.payments if self.payments else 0.0


@dataclass(frozen=True)
class CatchUp:
    """
    What was measured.

    :param rate: payments sent per second.
    :param backlog: messages that waited when the job was submitted again.
    :param start_seconds: from the submission until all its tasks ran.
    :param live_seconds: from the submission until the newest stored payment was live again.
    :param parity: of everything that is stored.
    :param account: of everything that is in the topic.
    """

    rate: float
    backlog: int
    start_seconds: float
    live_seconds: float
    phases: tuple[Phase, ...]
    parity: Report
    account: Reconciliation

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or computed differently."""
        return self.parity.is_clean and self.account.is_complete


@dataclass(frozen=True)
class Plan:
    """
    What to run.

    :param rate: payments per second, all the time.
    :param before_seconds: of undisturbed traffic, to compare with.
    :param outage_seconds: without a job.
    :param after_seconds: of undisturbed traffic once the job is live again.
    """

    rate: float
    before_seconds: float
    outage_seconds: float
    after_seconds: float
    seed: int


def run(stage: Stage, plan: Plan, say: Say, tell: Steps = silent) -> CatchUp:
    """
    Run the benchmark; takes the plan's times, the catching up, and the checks at the end.

    :param stage: a world whose history the running job has read.
    :param tell: called with each step of the checks.
    :raises ServiceError: the job does not catch up, or a payment could not be sent.
    """
    settings = stage.settings
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        with traffic(stage, plan):
            marks = [("undisturbed", time.time())]
            say(f"{plan.rate:g} payments/s, undisturbed for {plan.before_seconds:.0f} s")
            time.sleep(plan.before_seconds)
            marks.append(("job down", time.time()))
            ending.cancel_all(settings, JOB_NAME)
            say(f"the job is down for {plan.outage_seconds:.0f} s")
            time.sleep(max(0.0, marks[-1][1] + plan.outage_seconds - time.time()))
            backlog = waiting_messages(connection, settings)
            marks.append(("catching up", time.time()))
            say(f"{backlog:,} messages wait; the job resumes from its newest checkpoint")
            submission.submit(settings, JOB_NAME, restore_from=submission.NEWEST)
            start_seconds = time.time() - marks[-1][1]
            wait_until_live(connection)
            live_seconds = time.time() - marks[-1][1]
            marks.append(("live again", time.time()))
            say(f"live again after {live_seconds:.0f} s")
            time.sleep(plan.after_seconds)
            marks.append(("", time.time()))
        parity = check_parity(settings, tell=tell)
        return CatchUp(
            rate=plan.rate,
            backlog=backlog,
            start_seconds=start_seconds,
            live_seconds=live_seconds,
            phases=tuple(phases(connection, marks)),
            parity=parity,
            account=reconcile(settings, tell=tell),
        )


@contextmanager
def traffic(stage: Stage, plan: Plan) -> Iterator[None]:
    """
    Send payments as long as the block runs.

    :raises ServiceError: one could not be sent.
    """
    stop = threading.Event()
    failures: list[BaseException] = []
    sender = Sender(stage.settings, (stage.settings.payments_topic,))
    start_ms = round(time.time() * 1000)

    def send() -> None:
        try:
            payments = live_payments(stage.world, start_ms, plan.rate, plan.seed)
            planned = (payment.message for payment in payments)
            messages = disturbed(planned, DISORDER, Account(), plan.seed)
            send_on_time(messages, sender, float("inf"), stop)
            sender.flush()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=send, name="sender", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


def waiting_messages(connection: psycopg.Connection, settings: KafkaSettings) -> int:
    """How many messages come after the last stored one of their partition."""
    stored: dict[int, int] = dict(connection.execute(query("stored_up_to")).fetchall())
    ends = topic_stretch(settings, settings.payments_topic).end
    return sum(end - stored.get(partition, -1) - 1 for partition, end in ends.items())


def wait_until_live(connection: psycopg.Connection) -> None:
    """
    Wait until the newest stored payment is live, and stays so.

    :raises ServiceError: not within `CATCH_UP_SECONDS`.
    """
    deadline = time.monotonic() + CATCH_UP_SECONDS
    looks = 0
    while looks < LOOKS:
        found = connection.execute(query("newest_stored")).fetchone()
        is_live = found is not None and found[0] is not None and found[0] < LIVE_SECONDS
        looks = looks + 1 if is_live else 0
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the job has not caught up in {CATCH_UP_SECONDS / 60:.0f} minutes",
                "try a lower --rate, or see `swipestream status`",
            )
        time.sleep(POLL_SECONDS)


def phases(connection: psycopg.Connection, marks: list[tuple[str, float]]) -> Iterator[Phase]:
    """
    Payments by the part of the run in which they reached the topic.

    :param marks: name and beginning of each part, UTC epoch seconds; the last one is the end.
    """
    for (name, begin), (_, end) in pairwise(marks):
        span = {
            "begin": datetime.fromtimestamp(begin, UTC),
            "end": datetime.fromtimestamp(end, UTC),
        }
        payments, behind = connection.execute(query("arrived_between"), span).fetchone() or (0, 0)
        yield Phase(name, end - begin, payments, behind)
