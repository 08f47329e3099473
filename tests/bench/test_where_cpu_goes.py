"""CPU seconds by process and thread add up, those included that have ended."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment has a stack")
import psutil

from bench.streaming.where_cpu_goes import TASKMANAGER, Taken, look
from tests.eventually import eventually

BUSY_SECONDS = 0.3
BUSY = f"import time\nwhile time.process_time() < {BUSY_SECONDS}: pass\ninput()"


def be_busy() -> None:
    begin = time.thread_time()
    while time.thread_time() < begin + BUSY_SECONDS:
        pass


def test_threads_that_have_ended_count() -> None:
    taken, roots = Taken(), {TASKMANAGER: os.getpid()}
    before = look(roots, taken)
    thread = Thread(target=be_busy)
    thread.start()
    thread.join()
    found = look(roots, taken)
    ended = f"{TASKMANAGER}: threads that have ended"
    assert found[ended] - before[ended] == pytest.approx(BUSY_SECONDS, abs=0.05)
    process = psutil.Process().cpu_times()
    own = sum(used for name, used in found.items() if name.startswith(f"{TASKMANAGER}: "))
    assert own == pytest.approx(process.user + process.system, abs=0.1)


def test_a_process_counts_under_its_program_and_stays_when_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE) as busy:
        taken: Taken = {}
        eventually(
            lambda: look({"kafka": busy.pid}, taken),
            lambda seen: seen.get("kafka", 0) >= BUSY_SECONDS - 0.02,
            seconds=30,
        )
        child = f"kafka, {Path(sys.executable).name.rstrip('0123456789.')}"
        assert look({"kafka": os.getpid()}, taken)[child] >= BUSY_SECONDS - 0.02
        busy.communicate(b"\n")
    assert look({}, taken)[child] >= BUSY_SECONDS - 0.02
