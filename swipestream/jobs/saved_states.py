"""Checkpoints and savepoints that a job can be continued from."""

from pathlib import Path

from swipestream.errors import JobError
from swipestream.jobs import wanted_jobs
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import FlinkSettings, HomeSettings
from swipestream.stack import flink


def newest_savepoint(settings: HomeSettings, job_id: str) -> Path | None:
    """The newest complete savepoint of a job of the embedded cluster; it outlives the job's end."""
    found = [path.parent for path in savepoints(settings, job_id or "none")]
    return found[-1] if found else None


def last_savepoint(settings: FlinkSettings, job_id: str) -> str:
    """
    Where the last savepoint of a job is, wherever that is.

    :param job_id: of a job that its cluster still lists.
    :return: as Flink names it; "" if there is none.
    :raises NotReadyError: the cluster does not answer.
    """
    latest = flink.rest(settings, f"/jobs/{job_id}/checkpoints").get("latest", {})
    return str((latest.get("savepoint") or {}).get("external_path", ""))


def savepoints(settings: HomeSettings, job_id: str = "") -> list[Path]:
    """
    The `_metadata` of the embedded cluster's savepoints, newest last.

    :param job_id: of that job only.
    """
    folder = flink.folder(settings) / "savepoints"
    # Flink names them after the beginning of the job's id.
    found = folder.glob(f"savepoint-{job_id[:6]}*/_metadata")
    return sorted(found, key=lambda path: path.stat().st_mtime)


def newest_checkpoint_of(settings: HomeSettings, name: str) -> str:
    """
    Where to continue the job of that name that was submitted last.

    :raises JobError: it was never submitted from here, or left no checkpoint.
    """
    found = newest_state(settings, wanted_jobs.read(settings, name))
    if not found:
        raise JobError(f"{name} left no checkpoint to restore", "submit it without --restore")
    return found


def newest_state(settings: HomeSettings, job: WantedJob | None) -> str:
    """The newest checkpoint or savepoint that a job can be continued from; empty if none is."""
    found = restorable(settings, job) if job else []
    return found[0] if found else ""


def restorable(settings: HomeSettings, job: WantedJob) -> list[str]:
    """What a job can be continued from, newest first: its checkpoints and its newest savepoint."""
    found = wanted_jobs.restorable(settings, job)
    savepoint = newest_savepoint(settings, job.job_id)
    if savepoint and wanted_jobs.address(savepoint) not in (*found, *job.bad_checkpoints):
        # A job that stopped with a savepoint left no newer checkpoint.
        newest = (wanted_jobs.local_path(found[0]) if found else savepoint) / "_metadata"
        is_newer = not newest.exists() or (
            (savepoint / "_metadata").stat().st_mtime > newest.stat().st_mtime
        )
        found.insert(0 if is_newer else 1, wanted_jobs.address(savepoint))
    return found
