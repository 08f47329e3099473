"""Pipeline record: every ten seconds, how the scoring job is, and the roll-ups brought up to date.

Dashboards read Postgres and nothing else, so what only Flink knows is written down here: the table
`pipeline_samples`. The stream does not need this process and does not notice its absence.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from flink_jobs.pipelines import PAYMENTS
from swipestream.cases import program as desk
from swipestream.database import dashboard_schema
from swipestream.database.connection import connect
from swipestream.decisions import program as decision_api
from swipestream.errors import first_line
from swipestream.followers.pulse import Pulse
from swipestream.jobs import cluster_jobs
from swipestream.settings import FlinkSettings, Settings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

LOG = logging.getLogger("swipestream.followers.pipeline_record")

JOB_NAME = PAYMENTS.job.name
PERIOD_SECONDS = 10.0
KEPT_DAYS = 8
TIDY_SECONDS = 3600.0
NO_JOB = "NOT RUNNING"
ANSWERS, SILENT = "answers", "does not answer"
PENDING = ".pendingRecords"
INSERT = """
INSERT INTO dashboards.pipeline_samples (
    job_state, restart_count, checkpoint_age_seconds, waiting_count, job_id, api_state, desk_state,
    desk_address
)
VALUES (
    %(job_state)s, %(restart_count)s, %(checkpoint_age_seconds)s, %(waiting_count)s, %(job_id)s,
    %(api_state)s, %(desk_state)s, %(desk_address)s
)
"""
TIDY = "DELETE FROM dashboards.pipeline_samples WHERE sampled_at < NOW() - %s * INTERVAL '1 day'"


@dataclass(frozen=True)
class Sample:
    """
    How the job is at a moment; None is not known.

    :param checkpoint_age_seconds: since the newest completed checkpoint began.
    :param waiting_count: messages in Kafka that the job has not read.
    :param job_id: another one after the job was submitted again.
    """

    job_state: str
    restart_count: int | None = None
    checkpoint_age_seconds: float | None = None
    waiting_count: int | None = None
    job_id: str | None = None


@dataclass
class Sampler:
    """Asks Flink; remembers what the metrics of a job are called."""

    settings: FlinkSettings
    # Of a job's vertices, the names of the metrics with the messages that wait.
    _pending: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def sample(self) -> Sample:
        """How the job is now."""
        try:
            found = [job for job in cluster_jobs.jobs(self.settings) if job.name == JOB_NAME]
            if not found:
                return Sample(NO_JOB)
            job = found[0]
            if job.state != "RUNNING":
                return Sample(job.state, job_id=job.job_id)
            return self._sample_of(job.job_id)
        except NotReadyError as error:
            LOG.debug("not asked reason=%s", error)
            return Sample(NO_JOB)

    def _sample_of(self, job_id: str) -> Sample:
        now_ms = time.time() * 1000
        details = self._ask(f"/jobs/{job_id}")
        vertices = [vertex["id"] for vertex in details["vertices"]]
        completed = (self._ask(f"/jobs/{job_id}/checkpoints").get("latest") or {}).get("completed")
        restarts = numbers(self._ask(f"/jobs/{job_id}/metrics?get=numRestarts"))
        return Sample(
            job_state=details["state"],
            restart_count=int(restarts[0]) if restarts else None,
            checkpoint_age_seconds=(
                max(0.0, now_ms - completed["trigger_timestamp"]) / 1000 if completed else None
            ),
            waiting_count=self._waiting(job_id, vertices),
            job_id=job_id,
        )

    def _waiting(self, job_id: str, vertices: list[str]) -> int | None:
        """Of several sources of the same topic, the one that is furthest behind counts."""
        if job_id not in self._pending:
            self._pending = {
                job_id: {
                    vertex: [name for name in names if name.endswith(PENDING)]
                    for vertex in vertices
                    for names in [self._metric_names(job_id, vertex)]
                }
            }
        behind: list[float] = []
        for vertex, names in self._pending[job_id].items():
            for name in names:
                path = f"/jobs/{job_id}/vertices/{vertex}/subtasks/metrics?get={name}&agg=sum"
                behind += [item["sum"] for item in self._ask(path)]
        if not behind:
            # Not known yet: sources have no such number before they have read something.
            self._pending.pop(job_id)
            return None
        return int(max(behind))

    def _metric_names(self, job_id: str, vertex: str) -> list[str]:
        found = self._ask(f"/jobs/{job_id}/vertices/{vertex}/subtasks/metrics")
        return [item["id"] for item in found]

    def _ask(self, path: str) -> Any:
        return flink.rest(self.settings, path)


def numbers(metrics: list[dict[str, str]]) -> list[float]:
    """The values of Flink's metrics, without those it does not know."""
    found = []
    for metric in metrics:
        try:
            found.append(float(metric["value"]))
        except (KeyError, ValueError):
            continue
    return found


def answering(is_wanted: bool, check: Callable[[], None]) -> str | None:
    """
    Whether a part of the stack answers; None if the stack is without it.

    :param check: raises NotReadyError if it does not.
    """
    if not is_wanted:
        return None
    try:
        check()
    except NotReadyError:
        return SILENT
    return ANSWERS


def others(settings: Settings) -> dict[str, str | None]:
    """What is noted of the decision API and the desk; links lead to a desk only if it answers."""
    desk_state = answering(desk.is_wanted(settings), lambda: desk.check(settings))
    return {
        "api_state": answering(
            decision_api.is_wanted(settings), lambda: decision_api.check(settings)
        ),
        "desk_state": desk_state,
        "desk_address": settings.desk_address if desk_state == ANSWERS else None,
    }


def step(
    settings: Settings, sampler: Sampler, connection: psycopg.Connection, with_tidying: bool
) -> None:
    """One round: a sample and the roll-ups."""
    connection.execute(INSERT, vars(sampler.sample()) | others(settings))
    if with_tidying:
        connection.execute(TIDY, (KEPT_DAYS,))
    changed = dashboard_schema.refresh(connection)
    LOG.debug("roll-ups brought up to date rows=%d", changed)


def run(settings: Settings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database that is away is waited for.

    :raises StoppedError: then.
    """
    # The first round counts everything that is stored, which may take a minute.
    pulse.beat()
    sampler, is_away, tidied_at = Sampler(settings), False, float("-inf")
    while True:
        begin = time.monotonic()
        with_tidying = begin - tidied_at > TIDY_SECONDS
        try:
            with connect(settings.postgres_url) as connection:
                step(settings, sampler, connection, with_tidying)
            tidied_at = begin if with_tidying else tidied_at
            is_away = False
        except psycopg.Error as error:
            if not is_away:
                LOG.warning("postgres refused: %s", first_line(error))
            is_away = True
        pulse.beat()
        pulse.wait(max(1.0, PERIOD_SECONDS - (time.monotonic() - begin)))
