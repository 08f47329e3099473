"""Why a job does not come up: whether it is the checkpoint that cannot be restored."""

import re
from dataclasses import dataclass

from swipestream.jobs import wanted_jobs
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import FlinkSettings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

# What Flink 2.2 says when state is missing, cut off or garbled.
RESTORE_FAILURE = re.compile(
    r"Could not restore \w+ state backend|BackendBuildingException"
    r"|Exception while creating StreamOperatorStateContext"
    r"|Cannot find (?:checkpoint or savepoint|meta ?data) file"
    r"|Failed to rollback to checkpoint|Failed to load (?:completed )?checkpoint"
    r"|Error while restoring|Could not read .*checkpoint|[Cc]heckpoint.*_metadata"
    r"|checkpoint\.Checkpoints\.load\w+|MetadataV\d\w*Serializer|SavepointRestore"
    r"|tryRestoreExecutionGraphFromSavepoint|resetToCheckpoint"
)
LONGEST_REASON = 300
# The state is whole, but of another version of the SQL: older checkpoints do not fit either.
ANOTHER_VERSION = re.compile(
    r"Cannot map checkpoint/savepoint state|StateMigrationException|UnreadableStateException"
)
# It says nothing about the state: what was needed to restore it was not there just then.
PASSING = re.compile(
    r"OutOfMemoryError|No space left on device|Connection refused|TimeoutException"
    r"|NoResourceAvailableException|TaskManager .*(?:lost|no longer reachable)|JobManager .* lost"
)


@dataclass(frozen=True)
class RestoreFailure:
    """A checkpoint that could not be restored."""

    checkpoint: str
    reason: str


def restore_failure(
    settings: FlinkSettings, job: WantedJob, *, is_over: bool
) -> RestoreFailure | None:
    """
    Find out whether a job that does not run fails in restoring.

    :param is_over: it has ended as FAILED, and will not try again.
    :return: the checkpoint it fails with; None if something else is wrong, or nothing for sure.
    :raises NotReadyError: the cluster does not answer.
    """
    exceptions = flink.rest(settings, f"/jobs/{job.job_id}/exceptions?maxExceptions=10")
    try:
        checkpoints = flink.rest(settings, f"/jobs/{job.job_id}/checkpoints")["latest"]
    except NotReadyError:
        # A job that failed before it had an execution graph has no such page.
        if not is_over:
            raise
        checkpoints = {}
    completed, restored = checkpoints.get("completed") or {}, checkpoints.get("restored") or {}
    completed_at = int(completed.get("latest_ack_timestamp", 0))
    failures = [
        entry["stacktrace"]
        for entry in exceptions["exceptionHistory"]["entries"]
        if int(entry["timestamp"]) > completed_at and RESTORE_FAILURE.search(entry["stacktrace"])
    ]
    if not failures and is_over and RESTORE_FAILURE.search(exceptions.get("root-exception") or ""):
        failures = [exceptions["root-exception"]]
    if not failures or ANOTHER_VERSION.search("".join(failures)):
        return None
    # After a restart on a live cluster it is the job's own newest; else what it was started from.
    newest = restored.get("external_path") or completed.get("external_path") or job.restored_from
    newest = wanted_jobs.address(newest)
    if not newest or newest in job.bad_checkpoints:
        return None
    return RestoreFailure(newest, innermost(failures[0])[:LONGEST_REASON])


def is_misfit(output: str) -> bool:
    """
    Whether a job that was started from a state failed because the state is of another version.

    :param output: all that its Flink wrote.
    """
    if ANOTHER_VERSION.search(output):
        return True
    return bool(RESTORE_FAILURE.search(output)) and not PASSING.search(output)


def innermost(stack_trace: str) -> str:
    """The line of a stack trace that says most."""
    lines = stack_trace.splitlines() or [""]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines)[-1].removeprefix("Caused by: ")
