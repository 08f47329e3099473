"""A Python worker does not outlive the TaskManager that it works for."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from swipestream.settings import HomeSettings
from swipestream.stack import supervision
from swipestream.stack.orphaned_workers import end_orphaned_workers, orphaned_workers
from swipestream.stack.processes import INSTANCE_VARIABLE
from tests.eventually import eventually

SECONDS = 30


@pytest.fixture
def settings(tmp_path: Path) -> HomeSettings:
    return HomeSettings(home=str(tmp_path / "state"))


@pytest.fixture
def task_manager(settings: HomeSettings, tmp_path: Path) -> Iterator[psutil.Process]:
    """What looks like one: a process called java that started a runner script with a worker."""
    java = tmp_path / "java"
    shutil.copy(shutil.which("bash") or "/bin/bash", java)
    runner = tmp_path / "pyflink-udf-runner.sh"
    # A command after each child, or the shell would become that child.
    runner.write_text("sleep 60\nexit 3\n")
    started = subprocess.Popen(
        [java, "-c", f"bash '{runner}' --id=1-1; exit 3"],
        env={INSTANCE_VARIABLE: supervision.instance_id(settings), "PATH": "/usr/bin:/bin"},
    )
    process = psutil.Process(started.pid)
    children = eventually(
        lambda: process.children(recursive=True), lambda seen: len(seen) >= 2, seconds=SECONDS
    )
    family = [process, *children]
    yield process
    for member in family:
        if member.is_running():
            member.kill()
    started.wait()


def test_workers_of_a_dead_task_manager_are_ended(
    settings: HomeSettings, task_manager: psutil.Process
) -> None:
    workers = task_manager.children(recursive=True)
    assert end_orphaned_workers(settings) == 0
    task_manager.kill()
    psutil.wait_procs([task_manager], timeout=SECONDS)
    assert {process.pid for process in orphaned_workers(settings)} == {w.pid for w in workers}
    assert end_orphaned_workers(settings) == 2
    _, alive = psutil.wait_procs(workers, timeout=SECONDS)
    assert not alive


def test_another_stacks_workers_are_left_alone(
    settings: HomeSettings, task_manager: psutil.Process, tmp_path: Path
) -> None:
    task_manager.kill()
    psutil.wait_procs([task_manager], timeout=SECONDS)
    assert not orphaned_workers(HomeSettings(home=str(tmp_path / "another state")))
