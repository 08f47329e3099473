"""What Flink runs of a job's SQL files, put together without a Flink and without a stack."""

import dataclasses
import difflib
import importlib
import re
from collections.abc import Sequence
from pathlib import Path

from flink_jobs.insert_columns import bound
from flink_jobs.job import Job, job_settings
from swipestream.errors import SettingError, SwipestreamError
from swipestream.jobs.environment import job_environment
from swipestream.jobs.submission import script_of
from swipestream.settings import HomeSettings, JobSettings

# Secret, or pages of certificates.
LEFT_AS_NAMES = ("POSTGRES_PASSWORD", "KAFKA_JAAS", "KAFKA_TRUSTED_CERTIFICATES")

_NAME = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_TABLE = re.compile(
    r"^CREATE TEMPORARY TABLE \w+ (?:\(\n(.*?)^\) )?WITH \(", re.MULTILINE | re.DOTALL
)
_COLUMN = re.compile(r"^ {4}(?!PRIMARY KEY|CONSTRAINT|WATERMARK)(\w+) [A-Z]", re.MULTILINE)
_LIKE = re.compile(r"^\) LIKE (\w+)", re.MULTILINE)


def job_of(name: str, settings: HomeSettings) -> Job:
    """
    :param name: such as "score_payments".
    :raises JobError: there is none of that name.
    """
    script_of(name)
    job: Job = importlib.import_module(f"flink_jobs.{name}").JOB
    if settings.sql_dir:
        return dataclasses.replace(job, root=Path(settings.sql_dir))
    return job


def file_of(job: Job, wanted: str) -> str:
    """
    The job's file that somebody means.

    :param wanted: "history/card_activity", a path of that file, or only its last part.
    :raises SwipestreamError: there is none, or more than one.
    """
    name = wanted.removesuffix(".sql").rpartition(f"sql/{job.folder}/")[2]
    if name in job.files:
        return name
    found = [file for file in job.files if file.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise SwipestreamError(f"{wanted} is {len(found)} files", f"say {' or '.join(found)}")
    by_name = {file.rpartition("/")[2]: file for file in job.files} | {f: f for f in job.files}
    near = difflib.get_close_matches(name, by_name, n=1)
    raise SwipestreamError(
        f"{job.name} has no file {wanted}",
        f"did you mean {by_name[near[0]]}?" if near else "--list shows the files there are",
    )


def shown_statement(job: Job, file: str, settings: JobSettings) -> str:
    """
    One file's SQL as Flink is given it, but for what is secret, which keeps its `${NAME}`.

    :param file: one of the job's.
    :raises JobFilesError: the file is missing, or has a window that Flink's step does not know.
    """
    known = job_settings(job, shown_environment(settings))
    known |= {name: f"${{{name}}}" for name in LEFT_AS_NAMES if name in known}
    text = job.path(file).read_text("utf-8") if job.path(file).exists() else ""
    names = {name: f"${{{name}}}" for name in _NAME.findall(text)}
    statement = job.statement(file, names | known)
    return bound(statement, lambda table: table_columns(job, table)).strip() + "\n"


def shown_environment(settings: JobSettings) -> dict[str, str]:
    """A job's environment, even before the first start; empty if anything else is missing."""
    started = dataclasses.replace(
        settings,
        postgres_stream_password=settings.postgres_stream_password or "unknown",
        embedded_kafka_password=settings.embedded_kafka_password or "unknown",
    )
    try:
        return job_environment(started)
    except SettingError:
        return {}


def table_columns(job: Job, table: str) -> Sequence[str]:
    """
    The columns of a table that the job writes to, in the order of its file.

    :raises SwipestreamError: no file makes that table.
    """
    file = job.file_of(table)
    found = _TABLE.search(job.path(file).read_text("utf-8")) if file else None
    if not found:
        raise SwipestreamError(
            f"no file of {job.name} makes the table {table}", "add it to the job"
        )
    alike = _LIKE.search(found.string)
    inherited = table_columns(job, alike[1]) if alike else ()
    return [*inherited, *_COLUMN.findall(found[1] or "")]
