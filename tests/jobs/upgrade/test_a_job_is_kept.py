"""A job is kept however it was started, but only by the folder whose cluster runs it."""

import dataclasses
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flink_jobs.score_payments import JOB
from swipestream.cli import main
from swipestream.errors import JobError
from swipestream.jobs import client, cluster_jobs, ending, recorded_plan, submission, wanted_jobs
from swipestream.settings import Settings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor, instance_id
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def kept(settings: Settings) -> wanted_jobs.WantedJob:
    job = wanted_jobs.read(settings, JOB.name)
    assert job is not None and job.is_wanted
    return job


def runs(settings: Settings) -> list[str]:
    """The ids of the scoring jobs all of whose tasks run; none while the cluster is away."""
    try:
        found = [job for job in cluster_jobs.jobs(settings) if job.name == JOB.name]
    except NotReadyError:
        return []
    return [job.job_id for job in found if 0 < job.tasks_total == job.tasks_running]


def test_a_restored_job_comes_back_by_its_plan(stack: Settings, pipeline: Pipeline) -> None:
    first = pipeline.payment(card_id="card-kept")
    pipeline.send(first)
    pipeline.scored(first)
    assert command("cancel", JOB.name).exit_code == 0
    assert command("submit", JOB.name).exit_code == 0
    assert recorded_plan.plan_file(stack, JOB.name).exists()
    before = kept(stack)
    second = pipeline.payment(card_id="card-kept")
    pipeline.send(second)
    pipeline.scored(second)
    newest = eventually(
        lambda: wanted_jobs.complete_checkpoints(stack, before.job_id), lambda found: len(found) > 1
    )[0]
    client_log = stack.state_dir / "logs" / "flink-client.log"
    said = client_log.stat().st_mtime_ns
    os.kill(Supervisor(stack).states()["flink-jobmanager"].pid, signal.SIGKILL)
    (job_id,) = eventually(
        lambda: runs(stack), lambda found: len(found) == 1 and found != [before.job_id]
    )
    assert client_log.stat().st_mtime_ns == said
    # From its own newest checkpoint, not from the savepoint that it was submitted with.
    restored = flink.rest(stack, f"/jobs/{job_id}/checkpoints")["latest"]["restored"]
    place = wanted_jobs.local_path(restored["external_path"])
    assert place.parent.name == before.job_id
    assert int(place.name[4:]) >= int(newest.name[4:])
    third = pipeline.payment(card_id="card-kept")
    pipeline.send(third)
    assert [row["card_txn_count_5m"] for row in pipeline.scored(first, second, third)] == [0, 1, 2]


def test_a_job_whose_client_hears_nothing_is_adopted(
    stack: Settings, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_on = recorded_plan.pass_on

    class Deaf:
        """The client's side of a connection that breaks before the job's acceptance arrives."""

        def __init__(self, client: socket) -> None:
            self._client = client

        def sendall(self, piece: bytes) -> None:
            if b"jobUrl" not in piece:
                self._client.sendall(piece)

        def shutdown(self, how: int) -> None:
            self._client.shutdown(how)

    def deaf(source: Any, target: Any, kept: bytearray | None) -> None:
        pass_on(source, target if kept is not None else Deaf(target), kept)  # type: ignore[arg-type]

    def out_of_time(command: list[str], **options: Any) -> None:
        """As subprocess.run does it, once the cluster has the job."""
        del options["timeout"], options["check"]
        with subprocess.Popen(command, **options) as process:
            eventually(lambda: cluster_jobs.running(stack, JOB.name), bool)
            process.kill()
        raise subprocess.TimeoutExpired(command, client.SUBMIT_TIMEOUT_SECONDS)

    assert command("cancel", JOB.name).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(recorded_plan, "pass_on", deaf)
        patch.setattr(subprocess, "run", out_of_time)
        submitted = command("submit", JOB.name)
    assert submitted.exit_code == 0, submitted.output
    assert "submitted with JobID" not in (stack.state_dir / "logs/flink-client.log").read_text()
    assert runs(stack) == [kept(stack).job_id]
    assert recorded_plan.plan_file(stack, JOB.name).exists()


def test_another_folders_cluster_is_left_alone(
    stack: Settings, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = runs(stack)
    other = tmp_path / "other"
    monkeypatch.setenv("SWIPESTREAM_HOME", str(other))
    for words in (
        ("cancel", JOB.name),
        ("cancel", before),
        ("upgrade", "--check"),
        ("upgrade", "--rebuild"),
        ("submit", JOB.name, "--allow-second"),
        ("submit", "load_labels"),
    ):
        refused = command(*words)
        assert refused.exit_code == 1, words
        said = refused.output.replace("\n", "")
        assert f"{stack.flink_address} does not know the password of {other}" in said
        assert "hint: run `swipestream up`" in refused.output
    assert runs(stack) == [before]


def test_a_copy_of_the_folder_is_another_one(
    stack: Settings, pipeline: Pipeline, tmp_path: Path
) -> None:
    # With the password that the cluster knows.
    copy = dataclasses.replace(stack, home=str(tmp_path / "copy"))
    not_ours = f"the Flink at {stack.flink_address} is of {stack.state_dir.resolve()}, not of"
    with pytest.raises(NotReadyError, match=re.escape(not_ours)):
        cluster_jobs.jobs(copy)
    shutil.copy(stack.state_dir / "run" / "instance", copy.state_dir / "run" / "instance")
    assert instance_id(copy) == instance_id(stack)
    with pytest.raises(JobError, match=re.escape(not_ours)):
        submission.submit(copy, JOB.name, allow_second=True)
    with pytest.raises(NotReadyError, match=re.escape(not_ours)):
        ending.cancel_all(copy, JOB.name)
    assert cluster_jobs.running(stack, JOB.name)
