"""The doctor checks the jobs, not only that the cluster answers."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from swipestream.jobs import cluster_jobs, wanted_jobs
from swipestream.jobs.cluster_jobs import FlinkJob
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.operate import job_health
from swipestream.operate.job_health import HEAP_METRICS, OUT_OF_MEMORY, check_heaps, check_jobs
from swipestream.settings import Settings
from swipestream.stack import flink
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import log_path

MB = 2**20


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path))


def levels(settings: Settings, monkeypatch: pytest.MonkeyPatch, *running: FlinkJob) -> list[str]:
    """What is found of the jobs, as level and name."""
    monkeypatch.setattr(cluster_jobs, "jobs", lambda _: list(running))
    monkeypatch.setattr(cluster_jobs, "root_cause", lambda *_: "a reason")
    return [f"{level} {name}" for level, name, *_ in check_jobs(settings)]


def test_a_job_that_should_run_and_does_not_fails(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = FlinkJob("b", "load_labels", "RUNNING", 4, 4)
    scoring = FlinkJob("a", "score_payments", "RUNNING", 10, 10)
    for job in (labels, scoring):
        wanted_jobs.write(settings, WantedJob(name=job.name, job_id=job.job_id))
    assert levels(settings, monkeypatch, labels, scoring) == [
        "ok job load_labels",
        "ok job score_payments",
    ]
    # That another job runs does not help.
    assert levels(settings, monkeypatch, labels) == [
        "ok job load_labels",
        "FAIL job score_payments",
    ]
    wanted_jobs.no_longer(settings, "a")
    assert levels(settings, monkeypatch, labels) == [
        "ok job load_labels",
        "warn job score_payments",
    ]


@pytest.mark.parametrize(
    ("state", "running", "level"),
    [("RUNNING", 10, "ok"), ("RUNNING", 0, "FAIL"), ("RESTARTING", 0, "FAIL")],
)
def test_a_job_runs_with_all_its_tasks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, state: str, running: int, level: str
) -> None:
    wanted_jobs.write(settings, WantedJob(name="score_payments", job_id="a"))
    job = FlinkJob("a", "score_payments", state, running, 10)
    assert levels(settings, monkeypatch, job) == [f"{level} job score_payments"]


def test_a_job_that_nobody_brings_back_is_a_warning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted_jobs.write(settings, WantedJob(name="score_payments", job_id="a"))
    second = FlinkJob("z", "score_payments", "RUNNING", 10, 10)
    assert levels(settings, monkeypatch, second) == ["warn job score_payments"]


class TaskManager:
    """Stands in for Flink's answers about one."""

    def __init__(self, used: float, collecting: float, silent_seconds: float = 1.0) -> None:
        self.metrics: Any = [
            {"id": name, "value": str(value)}
            for name, value in zip(HEAP_METRICS, (used, 1000 * MB, collecting), strict=True)
        ]
        self.heard_at_ms = (time.time() - silent_seconds) * 1000

    def rest(self, settings: Settings, path: str) -> Any:
        if path == "/taskmanagers":
            member = {"id": "embedded", "timeSinceLastHeartbeat": self.heard_at_ms}
            return {"taskmanagers": [member]}
        if self.metrics is None:
            raise NotReadyError("timed out")
        return self.metrics


def heap(settings: Settings, monkeypatch: pytest.MonkeyPatch, member: TaskManager) -> str:
    monkeypatch.setattr(flink, "rest", member.rest)
    ((level, *_),) = check_heaps(settings)
    return level


@pytest.mark.parametrize(("collecting", "level"), [(5, "ok"), (250, "warn"), (900, "FAIL")])
def test_a_heap_that_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, collecting: int, level: str
) -> None:
    assert heap(settings, monkeypatch, TaskManager(900 * MB, collecting)) == level


def test_a_first_answer_may_be_empty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    member = TaskManager(1, 1)
    answers = [[], member.metrics]
    monkeypatch.setattr(
        flink,
        "rest",
        lambda _, path: member.rest(settings, path) if "?" not in path else answers.pop(0),
    )
    assert [level for level, *_ in check_heaps(settings)] == ["ok"]


def test_no_answer_is_no_ok(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_health, "ANSWER_SECONDS", 0.1)
    assert heap(settings, monkeypatch, TaskManager(1, 1, silent_seconds=30)) == "FAIL"
    member = TaskManager(1, 1)
    member.metrics = []
    assert heap(settings, monkeypatch, member) == "FAIL"
    member.metrics = None
    assert heap(settings, monkeypatch, member) == "FAIL"


@pytest.mark.parametrize(("minutes", "found"), [(2, ["FAIL", "ok"]), (60, ["ok"])])
def test_a_task_manager_that_ran_out_of_heap_will_do_so_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, minutes: int, found: list[str]
) -> None:
    log = log_path(settings, "flink-taskmanager")
    log.parent.mkdir(parents=True)
    then = datetime.now() - timedelta(minutes=minutes)
    log.write_text(
        f"{then:%Y-%m-%d %H:%M:%S},123 INFO Task: something\n"
        f"Terminating due to {OUT_OF_MEMORY}\n"
        f"{datetime.now():%Y-%m-%d %H:%M:%S},456 INFO TaskManagerRunner: started again\n"
    )
    monkeypatch.setattr(flink, "rest", TaskManager(100 * MB, 1).rest)
    assert [level for level, *_ in check_heaps(settings)] == found
