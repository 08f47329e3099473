"""What was submitted is remembered, and where it can be continued from."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from swipestream.jobs import wanted_jobs
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.settings import HomeSettings
from swipestream.stack import flink

JOB = WantedJob(name="score_payments", job_id="b", lineage=("a",))


@pytest.fixture
def settings(tmp_path: Path) -> HomeSettings:
    return HomeSettings(home=str(tmp_path / "state folder"))


def leave_checkpoint(settings: HomeSettings, job_id: str, number: int) -> str:
    folder = flink.folder(settings) / "checkpoints" / job_id / f"chk-{number}"
    folder.mkdir(parents=True)
    (folder / "_metadata").touch()
    return wanted_jobs.address(folder)


def test_what_is_written_is_read(settings: HomeSettings) -> None:
    wanted_jobs.write(settings, JOB)
    assert wanted_jobs.read_all(settings) == [JOB]


def test_half_a_file_is_no_job(settings: HomeSettings) -> None:
    wanted_jobs.write(settings, JOB)
    path = wanted_jobs.folder(settings) / "score_payments.json"
    path.write_text(path.read_text()[:40])
    assert wanted_jobs.read_all(settings) == []


def test_newest_checkpoint_first_and_bad_ones_never(settings: HomeSettings) -> None:
    older, newer = (leave_checkpoint(settings, "a", number) for number in (9, 10))
    own = leave_checkpoint(settings, "b", 11)
    (flink.folder(settings) / "checkpoints" / "b" / "chk-12").mkdir()
    assert wanted_jobs.restorable(settings, JOB) == [own, newer, older]
    job = dataclasses.replace(JOB, bad_checkpoints=(own, older))
    assert wanted_jobs.restorable(settings, job) == [newer]


def test_the_savepoint_it_was_started_from_comes_last(settings: HomeSettings) -> None:
    savepoint = leave_checkpoint(settings, "somewhere", 1)
    own = leave_checkpoint(settings, "b", 2)
    job = WantedJob(
        name="score_payments", job_id="b", restored_from=savepoint.replace("file:/", "file:///")
    )
    assert wanted_jobs.restorable(settings, job) == [own, savepoint]


def test_earlier_checkpoints_go_once_there_are_enough_new_ones(settings: HomeSettings) -> None:
    leave_checkpoint(settings, "a", 1)
    for number in range(flink.RETAINED_CHECKPOINTS - 1):
        leave_checkpoint(settings, "b", number)
    wanted_jobs.forget_ancestors(settings, JOB)
    assert wanted_jobs.complete_checkpoints(settings, "a") != []
    leave_checkpoint(settings, "b", 99)
    wanted_jobs.forget_ancestors(settings, JOB)
    assert wanted_jobs.complete_checkpoints(settings, "a") == []


def test_a_cancelled_job_is_no_longer_wanted(settings: HomeSettings) -> None:
    wanted_jobs.write(settings, JOB)
    wanted_jobs.no_longer(settings, "b")
    assert [job.is_wanted for job in wanted_jobs.read_all(settings)] == [False]


def test_only_one_process_submits(settings: HomeSettings) -> None:
    code = (
        "from swipestream.settings import HomeSettings\n"
        "from swipestream.jobs import wanted_jobs\n"
        f"with wanted_jobs.locked(HomeSettings(home={settings.home!r}), wait=False) as mine:\n"
        "    print(mine)\n"
    )

    def other() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    with wanted_jobs.locked(settings) as outer, wanted_jobs.locked(settings) as inner:
        assert (outer, inner, other()) == (True, True, "False")
    assert other() == "True"
