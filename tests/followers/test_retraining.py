"""The schedule starts one retraining a day, tries again later, and ends with its process."""

import dataclasses
import os
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from swipestream.followers import retraining
from swipestream.followers.pulse import Pulse, StoppedError
from swipestream.followers.retraining import Due, arguments, promotion, run_command
from swipestream.followers.table import wanted
from swipestream.settings import Settings

BEGIN = datetime(2030, 1, 15, 2, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path))


def test_it_is_due_once_at_its_time() -> None:
    due = Due("30 3 * * *", BEGIN)
    assert not due.is_due(BEGIN + 89 * MINUTE)
    assert due.is_due(BEGIN + 90 * MINUTE)
    due.handled(BEGIN + 90 * MINUTE)
    assert not due.is_due(BEGIN + 91 * MINUTE)
    assert due.is_due(BEGIN + 24 * HOUR + 90 * MINUTE)


def test_what_could_not_begin_is_tried_again() -> None:
    due = Due("30 3 * * *", BEGIN)
    now = BEGIN + 90 * MINUTE
    due.later(now)
    assert not due.is_due(now + 9 * MINUTE)
    assert due.is_due(now + 10 * MINUTE)
    # Not forever: the next night is near.
    assert not due.is_due(now + 13 * HOUR)


def test_what_was_due_before_the_start_is_not_made_up_for() -> None:
    assert not Due("30 3 * * *", BEGIN + 2 * HOUR).is_due(BEGIN + 3 * HOUR)
    assert not Due("", BEGIN).is_due(BEGIN + 24 * HOUR)


def test_the_follower_runs_only_with_a_schedule(settings: Settings) -> None:
    def runs(**values: object) -> bool:
        changed = dataclasses.replace(settings, **values)  # type: ignore[arg-type]
        return "retraining" in {follower.name for follower in wanted(changed)}

    assert not runs()
    assert runs(retrain_schedule="30 3 * * *")
    assert runs(auto_promote_after_hours=24)


def test_the_settings_become_options(settings: Settings) -> None:
    changed = dataclasses.replace(settings, retrain_older_than_days=3, auto_promote_after_hours=24)
    assert " ".join(arguments(changed)) == (
        "retrain --scheduled --or-drifted --by schedule --if-older-than 3d"
    )
    assert " ".join(promotion(changed)) == (
        "retrain --only-promote --auto-promote-after 24h --by schedule"
    )


def test_a_command_is_run_with_signs_of_life(settings: Settings, tmp_path: Path) -> None:
    pulse = Pulse(tmp_path, "retraining", threading.Event())
    status = run_command(settings, ["retrain", "--no-such-option"], pulse)
    assert status == 2
    assert "No such option" in (settings.state_dir / "logs" / retraining.LOG_FILE).read_text()
    assert (tmp_path / "retraining.alive").exists()


def test_a_training_ends_with_the_followers(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "sleeps.py"
    marker = tmp_path / "pid"
    script.write_text(
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(marker)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    real = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda command, **options: real([command[0], str(script)], **options),
    )
    stopping = threading.Event()
    pulse = Pulse(tmp_path, "retraining", stopping)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            run_command(settings, ["retrain"], pulse)
        except StoppedError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 30
    while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = psutil.Process(int(marker.read_text()))
    stopping.set()
    thread.join(30)
    assert not thread.is_alive() and len(errors) == 1
    child.wait(10) if child.ppid() == os.getpid() else psutil.wait_procs([child], 10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
