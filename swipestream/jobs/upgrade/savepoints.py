"""Savepoints: taking them, stopping with one, and deleting those nobody will come back to."""

import shutil
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from swipestream.errors import JobError
from swipestream.jobs import cluster_jobs, ending, saved_states, wanted_jobs
from swipestream.jobs.failures import innermost
from swipestream.settings import FlinkSettings, HomeSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

# Flink gives up a savepoint after 2 minutes (flink_jobs/flink_options.py).
SAVEPOINT_SECONDS = 180
POLL_SECONDS = 0.2
KEPT = 3


def take(settings: FlinkSettings, job_id: str) -> str:
    """
    Save a job's state while it goes on.

    :return: where, as Flink names it.
    :raises JobError: it failed; the job goes on.
    """
    return _save(settings, job_id, "savepoints", {"cancel-job": False})


def stop(settings: FlinkSettings, job_id: str) -> str:
    """
    End a job after all it has read is stored, and save its state.

    :return: where, as Flink names it.
    :raises JobError: it failed; the job goes on or restarts.
    """
    place = _save(settings, job_id, "stop", {"drain": False})
    deadline = time.monotonic() + SAVEPOINT_SECONDS
    while any(job.job_id == job_id for job in cluster_jobs.jobs(settings)):
        if time.monotonic() > deadline:
            raise JobError(
                f"job {job_id} does not end; its state is in {place}",
                f"see http://{settings.flink_address}",
            )
        time.sleep(POLL_SECONDS)
    return place


def stop_or_end(settings: FlinkSettings, job_id: str) -> None:
    """
    End a job with its state if it can be saved, so that its successor decides nothing again.

    :raises JobError: it does not end.
    """
    try:
        stop(settings, job_id)
    except JobError:
        # It is restarting, say; its newest checkpoint is all there is.
        if any(job.job_id == job_id for job in cluster_jobs.jobs(settings)):
            ending.end(settings, job_id)


def _save(settings: FlinkSettings, job_id: str, verb: str, body: dict[str, object]) -> str:
    try:
        # The native format is the heap's own: quicker to write and to read back.
        request = flink.post(settings, f"/jobs/{job_id}/{verb}", body | {"formatType": "NATIVE"})
        deadline = time.monotonic() + SAVEPOINT_SECONDS
        while time.monotonic() < deadline:
            answer = flink.rest(settings, f"/jobs/{job_id}/savepoints/{request['request-id']}")
            if answer["status"]["id"] == "COMPLETED":
                operation = answer["operation"]
                if "location" in operation:
                    return str(operation["location"])
                raise JobError(
                    f"job {job_id} could not save its state: {_cause(operation)}",
                    "it goes on; see `swipestream logs flink-jobmanager`",
                )
            time.sleep(POLL_SECONDS)
    except NotReadyError as error:
        raise JobError(f"job {job_id} could not save its state: {error}", "try again") from None
    raise JobError(f"job {job_id} has not saved its state in time", "see `swipestream doctor`")


def _cause(operation: dict[str, dict[str, str]]) -> str:
    return innermost(operation.get("failure-cause", {}).get("stack-trace", "no reason given"))


def local_folder(place: str) -> Path | None:
    """A savepoint's folder if it is on this machine."""
    parts = urlsplit(place)
    folder = Path(unquote(parts.path))
    is_here = parts.scheme in ("", "file") and (folder / "_metadata").exists()
    return folder if is_here else None


def delete(settings: FlinkSettings, place: str) -> None:
    """Delete a savepoint nobody will come back to; one that cannot be deleted stays."""
    folder = local_folder(place)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        flink.post(settings, "/savepoint-disposal", {"savepoint-path": place})
    except NotReadyError:
        return


def prune(settings: HomeSettings, keep: int = KEPT) -> list[Path]:
    """
    Delete old savepoints of the embedded cluster, except those that a job resumes from.

    :param keep: how many of the newest stay.
    :return: the folders deleted.
    """
    needed = {
        str(wanted_jobs.local_path(place))
        for job in wanted_jobs.read_all(settings)
        for place in (job.restored_from, saved_states.newest_state(settings, job))
        if place
    }
    old = [path.parent for path in saved_states.savepoints(settings)[:-keep]]
    deleted = [folder for folder in old if str(folder) not in needed]
    for folder in deleted:
        shutil.rmtree(folder, ignore_errors=True)
    return deleted
