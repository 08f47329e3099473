"""The jobs that a cluster lists."""

import contextlib
import dataclasses
import time
from dataclasses import dataclass
from typing import TypeVar

from swipestream.errors import JobError
from swipestream.jobs.failures import innermost
from swipestream.settings import FlinkSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

RUNNING_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.25
ENDED = ("FINISHED", "CANCELED", "FAILED")
OnFlink = TypeVar("OnFlink", bound=FlinkSettings)


@dataclass(frozen=True)
class FlinkJob:
    """One job as the cluster lists it."""

    job_id: str
    name: str
    state: str  # RUNNING, RESTARTING, FAILED, ...
    tasks_running: int
    tasks_total: int


def jobs(settings: FlinkSettings, *, ended: bool = False) -> list[FlinkJob]:
    """
    :param ended: also those that are no longer running.
    :return: the cluster's jobs, newest first.
    :raises NotReadyError: the cluster does not answer, or is another folder's. Whatever changes a
        job looks here first.
    """
    flink.check_is_ours(settings)
    overview = flink.rest(settings, "/jobs/overview")["jobs"]
    listed = sorted(overview, key=lambda job: -int(job["start-time"]))
    return [
        FlinkJob(
            job_id=job["jid"],
            name=job["name"],
            state=job["state"],
            tasks_running=job["tasks"]["running"],
            tasks_total=job["tasks"]["total"],
        )
        for job in listed
        if ended or job["state"] not in ENDED
    ]


def running(settings: FlinkSettings, name: str) -> list[FlinkJob]:
    """
    The jobs of that name that have not ended, newest first.

    :raises JobError: the cluster does not answer.
    """
    try:
        return [job for job in jobs(settings) if job.name == name]
    except NotReadyError as error:
        hint = "check FLINK_REST or --target" if settings.flink_rest else "run `swipestream up`"
        raise JobError(str(error), hint) from None


def wait_until_running(settings: FlinkSettings, job_id: str, name: str) -> None:
    """
    Wait until every task of a job runs, or a bounded job is done.

    :raises JobError: it failed, or its tasks do not start in time.
    """
    deadline = time.monotonic() + RUNNING_TIMEOUT_SECONDS
    job: FlinkJob | None = None
    while time.monotonic() < deadline:
        # A machine that is busy starting tasks answers late.
        with contextlib.suppress(NotReadyError):
            job = next((job for job in jobs(settings, ended=True) if job.job_id == job_id), None)
        if job and job.state == "FINISHED":
            return
        if job and job.state == "RUNNING" and job.tasks_running == job.tasks_total:
            return
        if job and job.state in ("FAILED", "CANCELED"):
            break
        time.sleep(POLL_SECONDS)
    state = "is not listed" if job is None else f"is {job.state}"
    raise JobError(
        f"{name} ({job_id}) {state}: {root_cause(settings, job_id)}",
        f"see http://{settings.flink_address}/#/job/running/{job_id}/exceptions",
    )


def root_cause(settings: FlinkSettings, job_id: str) -> str:
    """The innermost line of a job's newest exception."""
    try:
        history = flink.rest(settings, f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
    except (NotReadyError, KeyError):
        return "no reason given"
    if not history:
        return "not enough free task slots, or no TaskManager"
    return innermost(history[0]["stacktrace"])


def with_target(settings: OnFlink, target: str) -> OnFlink:
    """The settings for another cluster: host:port of its REST endpoint."""
    return dataclasses.replace(settings, flink_rest=target) if target else settings
