"""A worker does not outlive the TaskManager that it works for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from udfs.task_manager_watch import end_with_task_manager, parent_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

WORKER = """
import os, time
from udfs.task_manager_watch import end_with_task_manager
print(os.getpid(), end_with_task_manager(0.05), flush=True)
time.sleep(60)
"""
# What stands for the TaskManager: starts the runner and waits.
TASK_MANAGER = "import subprocess, sys; subprocess.run(sys.argv[1:])"


def start(folder: Path, runner_name: str) -> tuple[subprocess.Popen[str], int, bool]:
    runner = folder / runner_name
    # A command after it, or bash would become the worker.
    runner.write_text(f'"{sys.executable}" -c "$1"\nexit 3\n')
    process = subprocess.Popen(
        [sys.executable, "-c", TASK_MANAGER, "bash", str(runner), WORKER],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    worker, is_watching = process.stdout.readline().split()
    return process, int(worker), is_watching == "True"


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_ends_when_its_task_manager_is_killed(tmp_path: Path) -> None:
    task_manager, worker, is_watching = start(tmp_path, "pyflink-udf-runner.sh")
    assert is_watching
    # It has looked several times and seen no reason to end.
    time.sleep(0.3)
    assert is_alive(worker)
    task_manager.kill()
    task_manager.wait()
    deadline = time.monotonic() + 30
    while is_alive(worker):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_no_runner_started_is_left_alone(tmp_path: Path) -> None:
    parent, worker, is_watching = start(tmp_path, "something-else.sh")
    parent.kill()
    parent.wait()
    os.kill(worker, signal.SIGKILL)
    assert not is_watching
    assert not end_with_task_manager()


def test_the_parent_of_a_process() -> None:
    assert parent_of(os.getpid()) == os.getppid()
