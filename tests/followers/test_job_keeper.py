"""The job keeper brings back what was lost, and nothing that was ended on purpose."""

import dataclasses
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.plan_fit import MISFIT
from swipestream.followers.job_keeper import NO_CHECKPOINT, JobKeeper
from swipestream.jobs import (
    client,
    cluster_jobs,
    ending,
    recorded_plan,
    saved_states,
    submission,
    submitted_plan,
    wanted_jobs,
)
from swipestream.jobs.cluster_jobs import FlinkJob
from swipestream.jobs.failures import RestoreFailure
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.operate.job_health import check_stopped_jobs
from swipestream.settings import Settings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError

NAME = "score_payments"


class Cluster:
    """Stands in for Flink: what it lists, and what was submitted to it."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.listed: list[FlinkJob] = []
        self.submitted: list[str] = []  # where each was started from
        self.ended: list[str] = []
        self.failure: RestoreFailure | None = None
        self.has_plan = True
        self.has_slots = True
        self.savepoint = ""
        self.misfit = ""
        self.refused = 0
        patch.setattr(cluster_jobs, "jobs", lambda *_, **__: self.listed)
        patch.setattr(ending, "end", lambda _, job_id: self.ended.append(job_id))
        patch.setattr(saved_states, "last_savepoint", lambda *_: self.savepoint)
        patch.setattr(cluster_jobs, "root_cause", lambda *_: "a reason")
        patch.setattr(submission, "environment_hash", lambda *_, **__: "same")
        patch.setattr(client, "run_client", self._plan)
        patch.setattr(client, "prepare_client", lambda _: None)
        patch.setattr(client, "check_functions", lambda _: None)
        patch.setattr(recorded_plan, "submit", lambda _, name, origin: self._send(origin))
        patch.setattr(flink, "check_task_manager", lambda _: self._slots())
        patch.setattr(
            "swipestream.followers.job_keeper.restore_failure", lambda *_, **__: self.failure
        )

    def _slots(self) -> None:
        if not self.has_slots:
            raise NotReadyError("no TaskManager")

    def _send(self, origin: str) -> str:
        if not self.has_plan:
            raise recorded_plan.PlanError("none")
        return self._take(origin)

    def _plan(self, settings: Settings, script: Path, told: dict[str, str], **_: Any) -> str:
        """As the job's script does: it compares its plan with the one it is given."""
        if self.misfit and "PLAN_BEFORE" in told:
            assert json.loads(Path(told["PLAN_BEFORE"]).read_text())["job_id"] == "old"
            self.refused += 1
            fact = f"{NAME} was not submitted: {MISFIT}: {self.misfit}"
            raise client.StateMisfitError(fact, "a hint")
        return self._take("client")

    def _take(self, origin: str) -> str:
        self.submitted.append(origin)
        return f"new-{len(self.submitted)}"

    def lists(self, state: str, job_id: str = "old", running: int = 10) -> None:
        self.listed = [FlinkJob(job_id, NAME, state, running, 10)]

    def leave_checkpoint(self, number: int, job_id: str = "old") -> str:
        folder = flink.folder(self.settings) / "checkpoints" / job_id / f"chk-{number}"
        folder.mkdir(parents=True)
        (folder / "_metadata").touch()
        return wanted_jobs.address(folder)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(Settings(home=str(tmp_path)), monkeypatch)


@pytest.fixture
def keeper(cluster: Cluster) -> JobKeeper:
    wanted_jobs.write(cluster.settings, WantedJob(name=NAME, job_id="old", environment_hash="same"))
    return JobKeeper(cluster.settings)


def remembered(cluster: Cluster) -> WantedJob:
    job = wanted_jobs.read(cluster.settings, NAME)
    assert job is not None
    return job


def test_a_forgotten_job_goes_on_from_its_newest_checkpoint(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    cluster.leave_checkpoint(9)
    newest = cluster.leave_checkpoint(10)
    keeper.step()
    assert cluster.submitted == [newest]
    assert remembered(cluster).job_id == "new-1"
    assert remembered(cluster).lineage == ("old",)


def test_it_waits_for_a_task_manager(cluster: Cluster, keeper: JobKeeper) -> None:
    cluster.leave_checkpoint(1)
    cluster.has_slots = False
    keeper.step()
    assert cluster.submitted == []


def test_without_its_plan_the_client_plans_again(cluster: Cluster, keeper: JobKeeper) -> None:
    cluster.leave_checkpoint(1)
    cluster.has_plan = False
    keeper.step()
    assert cluster.submitted == ["client"]


def test_a_state_that_does_not_fit_what_the_client_plans_is_left_to_a_person(
    cluster: Cluster, keeper: JobKeeper, caplog: pytest.LogCaptureFixture
) -> None:
    submitted_plan.keep(cluster.settings, NAME, "old", submitted_plan.EVERYTHING)
    cluster.leave_checkpoint(1)
    cluster.has_plan, cluster.misfit = False, "card_activity changed"
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            keeper.step()
        JobKeeper(cluster.settings).step()
    assert (cluster.submitted, cluster.refused, len(caplog.records)) == ([], 1, 1)
    assert remembered(cluster).is_wanted
    ((level, _, fact, hint),) = check_stopped_jobs(wanted_jobs.read_all(cluster.settings))
    assert (level, fact) == ("FAIL", f"ended: {MISFIT}: card_activity changed")
    assert f"swipestream upgrade {NAME} --rebuild" in hint


def test_without_a_state_there_is_nothing_to_fit(cluster: Cluster, keeper: JobKeeper) -> None:
    submitted_plan.keep(cluster.settings, NAME, "old", submitted_plan.EVERYTHING)
    cluster.has_plan, cluster.misfit = False, "card_activity changed"
    keeper.step()
    assert cluster.submitted == ["client"]


def test_a_bounded_job_that_has_finished_stays_finished(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    wanted_jobs.write(cluster.settings, dataclasses.replace(remembered(cluster), bounded=True))
    cluster.leave_checkpoint(1)
    cluster.lists("FINISHED")
    keeper.step()
    cluster.listed = []
    keeper.step()
    assert cluster.submitted == []


@pytest.mark.parametrize(
    ("state", "bounded"), [("CANCELED", False), ("CANCELED", True), ("FINISHED", False)]
)
def test_a_job_stopped_by_others_comes_back_and_doctor_says_so(
    cluster: Cluster, keeper: JobKeeper, state: str, bounded: bool
) -> None:
    wanted_jobs.write(cluster.settings, dataclasses.replace(remembered(cluster), bounded=bounded))
    newest = cluster.leave_checkpoint(7)
    cluster.lists(state)
    keeper.step()
    keeper.step()
    assert cluster.submitted == [newest]
    assert remembered(cluster).is_wanted
    ((level, _, fact, _),) = check_stopped_jobs(wanted_jobs.read_all(cluster.settings))
    assert level == "warn"
    assert "stopped without `swipestream cancel`" in fact


def test_what_was_stopped_with_a_savepoint_goes_on_from_it(
    cluster: Cluster, keeper: JobKeeper, tmp_path: Path
) -> None:
    """Its checkpoints are gone then, and the savepoint is wherever the user wanted it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "_metadata").touch()
    cluster.savepoint = f"file:{tmp_path / 'elsewhere'}"
    cluster.lists("FINISHED")
    keeper.step()
    assert cluster.submitted == [wanted_jobs.address(cluster.savepoint)]


def test_one_stopped_with_nothing_left_is_a_failure_and_not_begun_anew(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    job = dataclasses.replace(remembered(cluster), has_checkpointed=True)
    wanted_jobs.write(cluster.settings, job)
    cluster.lists("FINISHED")
    keeper.step()
    assert cluster.submitted == []
    assert "FAIL" in [
        level for level, *_ in check_stopped_jobs(wanted_jobs.read_all(cluster.settings))
    ]


def test_doctor_forgets_what_happened_days_ago(cluster: Cluster, keeper: JobKeeper) -> None:
    long_ago = round(time.time()) - 3 * 24 * 3600
    job = dataclasses.replace(remembered(cluster), stopped_by_others_at=long_ago)
    wanted_jobs.write(cluster.settings, job)
    assert list(check_stopped_jobs(wanted_jobs.read_all(cluster.settings))) == []


def test_a_cancelled_job_is_not_brought_back(cluster: Cluster, keeper: JobKeeper) -> None:
    cluster.leave_checkpoint(1)
    assert ending.cancel_all(cluster.settings, NAME) == ["old"]
    keeper.step()
    assert cluster.submitted == []


def test_nothing_is_done_while_somebody_submits(
    cluster: Cluster, keeper: JobKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.leave_checkpoint(1)
    with wanted_jobs.locked(cluster.settings):
        # As another process sees it.
        monkeypatch.setattr(wanted_jobs, "_held", {})
        keeper.step()
    assert cluster.submitted == []


def test_a_bad_checkpoint_is_left_for_the_one_before(cluster: Cluster, keeper: JobKeeper) -> None:
    before, newest = (cluster.leave_checkpoint(number) for number in (1, 2))
    cluster.lists("RUNNING", running=3)
    cluster.failure = RestoreFailure(newest, "java.io.EOFException")
    keeper.step()
    assert cluster.ended == ["old"]
    assert cluster.submitted == [before]
    assert remembered(cluster).bad_checkpoints == (newest,)


def test_a_job_that_only_starts_slowly_is_left_alone(cluster: Cluster, keeper: JobKeeper) -> None:
    cluster.leave_checkpoint(1)
    cluster.lists("RUNNING", running=3)
    keeper.step()
    assert (cluster.ended, cluster.submitted) == ([], [])


def test_without_a_good_checkpoint_it_gives_up_and_says_so(
    cluster: Cluster, keeper: JobKeeper, caplog: pytest.LogCaptureFixture
) -> None:
    bad = cluster.leave_checkpoint(1)
    job = dataclasses.replace(remembered(cluster), bad_checkpoints=(bad,))
    wanted_jobs.write(cluster.settings, job)
    with caplog.at_level(logging.ERROR):
        keeper.step()
        keeper.step()
    assert cluster.submitted == []
    assert remembered(cluster).problem == NO_CHECKPOINT
    assert len(caplog.records) == 1


def test_a_job_lost_before_its_first_checkpoint_begins_again(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    keeper.step()
    assert cluster.submitted == [""]


def test_a_job_that_does_not_stay_is_not_submitted_each_second(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    cluster.leave_checkpoint(1)
    for _ in range(5):
        keeper.step()
    assert len(cluster.submitted) == 1


def test_a_job_found_under_another_id_is_not_submitted_twice(
    cluster: Cluster, keeper: JobKeeper
) -> None:
    cluster.leave_checkpoint(1)
    cluster.lists("RUNNING", job_id="unwritten")
    keeper.step()
    assert cluster.submitted == []
    assert remembered(cluster).job_id == "unwritten"
