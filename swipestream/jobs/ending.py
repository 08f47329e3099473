"""Ending jobs for good."""

import time
import urllib.error
from collections.abc import Callable

from swipestream.errors import JobError
from swipestream.jobs import cluster_jobs, wanted_jobs
from swipestream.settings import FlinkSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

# How to end a job, by its id.
Ending = Callable[[FlinkSettings, str], None]


def end(settings: FlinkSettings, job_id: str) -> None:
    """
    Cancel a job of `cluster_jobs.jobs` and wait until it is gone; the keeper may bring it back.

    :raises JobError: the cluster refused, or it does not end.
    """
    try:
        flink.open_rest(settings, f"/jobs/{job_id}?mode=cancel", method="PATCH").close()
    except (NotReadyError, urllib.error.URLError, OSError) as error:
        raise JobError(
            f"job {job_id} was not cancelled: {error}", "see `swipestream status`"
        ) from None
    deadline = time.monotonic() + cluster_jobs.RUNNING_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if all(job.job_id != job_id for job in cluster_jobs.jobs(settings)):
            return
        time.sleep(cluster_jobs.POLL_SECONDS)
    raise JobError(f"job {job_id} does not end", f"see http://{settings.flink_address}")


def cancel(settings: FlinkSettings, job_id: str, how: Ending = end) -> None:
    """
    End a job for good and wait until it is gone; its newest checkpoint stays.

    :raises JobError: the cluster refused, or it does not end.
    """
    with wanted_jobs.locked(settings):
        wanted_jobs.no_longer(settings, job_id)
        how(settings, job_id)


def cancel_all(settings: FlinkSettings, name: str, how: Ending = end) -> list[str]:
    """
    End every job of that name or id for good, also one that its cluster has lost.

    :param how: to end one that runs.
    :return: their ids; empty if there was none.
    :raises JobError: the cluster refused, or one does not end.
    :raises NotReadyError: the cluster does not answer; a lost job stays ended all the same.
    """
    with wanted_jobs.locked(settings):
        ended = [
            job.job_id
            for job in wanted_jobs.read_all(settings)
            if job.is_wanted and name in (job.name, job.job_id)
        ]
        for job_id in ended:
            wanted_jobs.no_longer(settings, job_id)
        for job in cluster_jobs.jobs(settings):
            if name in (job.name, job.job_id):
                cancel(settings, job.job_id, how)
                ended.append(job.job_id)
    return list(dict.fromkeys(ended))
