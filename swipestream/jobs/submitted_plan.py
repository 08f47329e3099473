"""What is remembered of each submitted job to compare a later version with it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swipestream.jobs import wanted_jobs
from swipestream.settings import HomeSettings
from swipestream.stack import flink
from swipestream.stack.files import make_folder, write_if_changed

# The lowest offset to write of each partition; a partition that is not named is written as a whole.
EVERYTHING = "0"
# Submissions of one job that are remembered; the running one is among the newest.
KEPT = 20


@dataclass(frozen=True)
class SubmittedPlan:
    """
    One submission of a job.

    :param job_id: Flink's.
    :param write_from: offset by partition below which the job must not write, such as "1200,1350".
    :param plan: as flink_jobs/plan_record.py describes it; empty if the job's script wrote none.
    """

    job_id: str
    write_from: str
    plan: dict[str, Any]


def folder(settings: HomeSettings, name: str) -> Path:
    """Where the submissions of a job are remembered, a file each."""
    return flink.folder(settings) / "plans" / name


def new_plan_file(settings: HomeSettings, name: str) -> Path:
    """Where the job's script describes its plan before it is submitted; not there at first."""
    path = make_folder(folder(settings, name)) / "new"
    path.unlink(missing_ok=True)
    return path


def file_of(settings: HomeSettings, name: str, job_id: str) -> Path:
    """Where a submission is remembered."""
    return folder(settings, name) / f"{job_id}.json"


def keep(settings: HomeSettings, name: str, job_id: str, write_from: str) -> None:
    """Remember a submission whose script has described its plan."""
    new = folder(settings, name) / "new"
    plan = json.loads(new.read_text()) if new.exists() else {}
    text = json.dumps(asdict(SubmittedPlan(job_id, write_from, plan)), indent=1)
    write_if_changed(file_of(settings, name, job_id), text)
    new.unlink(missing_ok=True)
    for old in _by_age(settings, name)[:-KEPT]:
        old.unlink(missing_ok=True)


def newest(settings: HomeSettings, name: str) -> SubmittedPlan | None:
    """The last submission of a job that was made from here."""
    found = [plan for plan in map(_read, _by_age(settings, name)) if plan]
    return found[-1] if found else None


def of_job(settings: HomeSettings, name: str, job_id: str) -> SubmittedPlan | None:
    """
    The submission that a running job comes from.

    :param job_id: as the cluster lists it; one that was brought back is known by an earlier id.
    """
    for known in (job_id, *earlier_ids(settings, name, job_id)):
        found = _read(file_of(settings, name, known))
        if found:
            return found
    return None


def earlier_ids(settings: HomeSettings, name: str, job_id: str) -> list[str]:
    """The ids a job had before it was brought back as it was, newest first."""
    wanted = wanted_jobs.read(settings, name)
    return list(wanted.lineage) if wanted and wanted.job_id == job_id else []


def _by_age(settings: HomeSettings, name: str) -> list[Path]:
    found = folder(settings, name).glob("*.json")
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def _read(path: Path) -> SubmittedPlan | None:
    try:
        return SubmittedPlan(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
