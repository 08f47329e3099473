"""A follower that crashes is started again, and its reason is shown; the others do not notice."""

import dataclasses
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from swipestream.errors import first_line
from swipestream.followers import __main__ as main_module
from swipestream.followers import pulse, restarting, supervised
from swipestream.followers.pulse import Pulse, StoppedError, last_crash
from swipestream.followers.table import BY_NAME, FOLLOWERS, Follower
from swipestream.operate import control, doctor
from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError
from tests.eventually import eventually

FOLLOWER = BY_NAME["merchant-risk"]
SECONDS = 30


class Threads:
    """Followers in threads of this process, until the end of a test."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.stopping = threading.Event()
        self.started: list[threading.Thread] = []

    def start(self, name: str, run: restarting.Run) -> None:
        what = (BY_NAME[name], run, self.settings, Pulse(self.folder, name, self.stopping))
        thread = threading.Thread(target=restarting.keep_running, args=what, daemon=True)
        thread.start()
        self.started.append(thread)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.started:
            thread.join(SECONDS)
            assert not thread.is_alive()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path))


@pytest.fixture
def threads(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Threads]:
    monkeypatch.setattr(restarting, "FIRST_PAUSE_SECONDS", 0.01)
    made = Threads(settings, make_folder(settings.state_dir / "run"))
    yield made
    made.stop()


def test_a_crash_is_followed_by_a_new_start_and_disturbs_no_other(threads: Threads) -> None:
    starts: list[float] = []
    rounds: list[int] = []

    def crashes_twice(settings: Settings, pulse: Pulse) -> None:
        starts.append(time.monotonic())
        pulse.beat()
        if len(starts) < 3:
            raise ValueError("no such column\nand more")
        while True:
            pulse.beat()
            pulse.wait(0.01)

    def works(settings: Settings, pulse: Pulse) -> None:
        while True:
            rounds.append(len(starts))
            pulse.beat()
            pulse.wait(0.01)

    threads.start("job-keeper", works)
    threads.start(FOLLOWER.name, crashes_twice)
    eventually(lambda: len(starts) == 3, what="it runs for the third time", seconds=SECONDS)
    # The second pause is twice the first.
    assert starts[2] - starts[1] >= 0.02
    assert {0, 3} <= set(eventually(lambda: set(rounds), lambda seen: 3 in seen))
    assert last_crash(threads.folder, FOLLOWER.name) == (
        "crashed, tried again: ValueError: no such column"
    )
    assert last_crash(threads.folder, "job-keeper") == ""


def test_a_crash_is_forgotten_once_it_has_worked_for_a_while(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed = threading.Event()

    def crashes_once(settings: Settings, pulse: Pulse) -> None:
        if not crashed.is_set():
            crashed.set()
            raise ValueError("once")
        while True:
            pulse.beat()
            pulse.wait(0.01)

    threads.start(FOLLOWER.name, crashes_once)
    eventually(lambda: last_crash(threads.folder, FOLLOWER.name), what="it is said")
    monkeypatch.setattr(pulse, "STEADY_SECONDS", 0.0)
    eventually(lambda: not last_crash(threads.folder, FOLLOWER.name), what="it is forgotten")


def test_only_who_needs_them_has_the_owners_rights(settings: Settings) -> None:
    own = dataclasses.replace(
        settings, database_url="postgresql://o:p@h/d", stream_database_url="postgresql://s:p@h/d"
    )
    given = {item.name: restarting.rights_of(item, own).postgres_url for item in FOLLOWERS}
    owners = {name for name, url in given.items() if url == own.database_url}
    # It sees the database's own figures; they write what only the owner may: counts, candidates.
    assert owners == {"pipeline-record", "model-watch", "retraining"}
    assert {given[name] for name in given.keys() - owners} == {own.stream_database_url}


@pytest.fixture
def process(settings: Settings, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Two followers without anything to follow: there is no password, and no Flink."""
    make_folder(settings.state_dir / "logs")
    names = ("merchant-risk", "job-keeper")
    environ = os.environ | supervised.environment(settings, as_owner=False)
    command = [sys.executable, "-m", "swipestream.followers", *names]
    with (tmp_path / "process.log").open("wb") as log:
        made = subprocess.Popen(command, env=environ, cwd=REPO_ROOT, stdout=log, stderr=log)
    yield made
    made.kill()
    made.wait()


def test_one_process_runs_them_and_ends_in_order(
    process: "subprocess.Popen[bytes]", settings: Settings
) -> None:
    folder = settings.state_dir / "run"
    crash = eventually(lambda: last_crash(folder, "merchant-risk"), what="a crash", seconds=SECONDS)
    assert crash.startswith("crashed, tried again: SettingError: ")
    assert "has no database password" in crash
    eventually(lambda: (folder / "job-keeper.alive").exists(), what="a round", seconds=SECONDS)
    assert last_crash(folder, "job-keeper") == ""
    assert not psutil.Process(process.pid).children()
    followers = [BY_NAME["merchant-risk"], BY_NAME["job-keeper"]]
    with pytest.raises(NotReadyError, match="merchant-risk crashed, tried again"):
        supervised.check_all(folder, followers)
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    logs = settings.state_dir / "logs"
    assert "crashed follower=merchant-risk" in (logs / "merchant-risk.log").read_text()
    assert "merchant-risk" not in (logs / "job-keeper.log").read_text()


def test_status_and_doctor_say_which_one_crashed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(settings.state_dir / "run")
    crash = pulse.crash_file(folder, FOLLOWER.name)
    crash.write_text("crashed, tried again: ValueError: x\n")
    whole = control.ServiceStatus(supervised.NAME, "running", 7, 60, 40_000_000, "", "")
    lines = [
        control.part_status(settings, part, whole) for part in supervised.program(settings).parts
    ]
    states = {line.name: (line.state, line.problem) for line in lines}
    assert states[FOLLOWER.name] == ("failing", "crashed, tried again: ValueError: x")
    assert states["job-keeper"] == ("running", "")
    assert {line.log for line in lines} == {
        str(settings.state_dir / "logs" / f"{line.name}.log") for line in lines
    }
    monkeypatch.setattr(control, "status", lambda _: [whole, *lines])
    found = {finding.name: finding for finding in doctor.check_services(settings)}
    assert (found[FOLLOWER.name].level, found[FOLLOWER.name].fact) == (
        "FAIL",
        "crashed, tried again: ValueError: x",
    )
    assert found[FOLLOWER.name].hint == "read `swipestream logs merchant-risk`"
    assert found["job-keeper"].level == found[supervised.NAME].level == "ok"


def test_a_full_disk_ends_no_follower(
    threads: Threads, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    starts: list[float] = []

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def crashes(settings: Settings, pulse: Pulse) -> None:
        starts.append(time.monotonic())
        pulse.beat()
        raise ValueError("x")

    monkeypatch.setattr(pulse, "write_if_changed", no_space)
    monkeypatch.setattr(Path, "touch", no_space)
    threads.start(FOLLOWER.name, crashes)
    eventually(lambda: len(starts) >= 3, what="it is started again", seconds=SECONDS)
    assert caplog.text.count("No space left on device") == 1


def test_a_module_that_cannot_be_imported_is_its_followers_affair(threads: Threads) -> None:
    missing = Follower("merchant-risk", "swipestream.followers.no_such_module", "nothing")
    threads.start(FOLLOWER.name, restarting.run_of(missing))
    crash = eventually(lambda: last_crash(threads.folder, FOLLOWER.name), what="it is said")
    assert crash.startswith("crashed, tried again: ModuleNotFoundError: No module named")


def test_a_follower_that_hangs_ends_the_process(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_folder(settings.state_dir / "logs")
    # Set at the end of the test, so that no thread is left behind.
    is_over = threading.Event()

    def run_of(follower: Follower) -> restarting.Run:
        def run(settings: Settings, pulse: Pulse) -> None:
            while not is_over.wait(0.01):
                if follower is not FOLLOWER:
                    pulse.beat()
            raise StoppedError

        return run

    monkeypatch.setenv("SWIPESTREAM_HOME", str(settings.state_dir))
    monkeypatch.setattr(restarting, "run_of", run_of)
    monkeypatch.setattr(main_module, "log_to", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(main_module, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(main_module, "LOOK_SECONDS", 0.05)
    try:
        assert main_module.main(["job-keeper", FOLLOWER.name]) == 1
        assert f"hangs, all are started again follower={FOLLOWER.name}" in caplog.text
    finally:
        is_over.set()


def test_a_crash_is_a_sign_of_life(settings: Settings) -> None:
    own = Pulse(make_folder(settings.state_dir / "run"), FOLLOWER.name, threading.Event())
    time.sleep(0.05)
    assert own.silent_seconds >= 0.05
    begin = time.monotonic()
    own.crashed("crashed", 0.0)
    assert own.silent_seconds <= time.monotonic() - begin


@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("a\nb"), "a"), (ValueError("\n"), "ValueError"), (OSError(), "OSError")],
)
def test_an_error_without_words_is_told_by_its_type(error: Exception, told: str) -> None:
    assert first_line(error) == told
