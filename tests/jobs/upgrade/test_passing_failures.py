"""A failure that may pass is distinguished from state that does not fit."""

import subprocess
from pathlib import Path

import pytest

from swipestream.errors import JobError
from swipestream.jobs.failures import is_misfit
from swipestream.jobs.upgrade.rehearsal import Rehearsal

MISFITS = [
    "Caused by: java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint x. "
    "Cannot map checkpoint/savepoint state for operator 5 to the new program",
    "Caused by: org.apache.flink.util.StateMigrationException: The new state serializer "
    "must not be incompatible",
    "Exception while creating StreamOperatorStateContext.\n"
    "Caused by: swipestream.windows.UnreadableStateException: kept other columns",
    "BackendBuildingException: Failed when trying to restore heap backend",
]
PASSING = [
    "Caused by: java.lang.OutOfMemoryError: Java heap space",
    "Exception while creating StreamOperatorStateContext.\n"
    "Caused by: java.io.IOException: No space left on device",
    "Caused by: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node",
    "Caused by: java.net.ConnectException: Connection refused",
    "Caused by: org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: slots",
    "",
]


@pytest.mark.parametrize("output", MISFITS)
def test_state_that_does_not_fit(output: str) -> None:
    assert is_misfit(output)


@pytest.mark.parametrize("output", PASSING)
def test_a_failure_that_may_pass(output: str) -> None:
    assert not is_misfit(output)


def rehearsal_that_said(folder: Path, output: str) -> Rehearsal:
    log = folder / "flink-rehearsal.log"
    log.write_text(output)
    process = subprocess.Popen(["false"])
    process.wait()
    return Rehearsal(folder, process, log)


def test_only_what_does_not_fit_is_a_reason_to_rebuild(tmp_path: Path) -> None:
    assert "Cannot map" in rehearsal_that_said(tmp_path, MISFITS[0]).failure()
    with pytest.raises(JobError, match=r"could not be checked: .*TimeoutException") as caught:
        rehearsal_that_said(tmp_path, PASSING[2]).failure()
    assert "try again" in caught.value.hint and "--rebuild" not in caught.value.hint
