"""After `up`, this version's followers run, and none that only earlier versions had."""

import dataclasses
import sys
from pathlib import Path

import psutil
import pytest

from swipestream.cases import program as desk
from swipestream.dashboards import superset
from swipestream.followers import supervised
from swipestream.followers.table import BY_NAME, wanted
from swipestream.operate import control
from swipestream.settings import Settings
from swipestream.stack import supervision
from swipestream.stack.processes import processes_of
from swipestream.stack.program import Program
from swipestream.stack.supervision import Supervisor
from tests.eventually import eventually

# A follower of earlier versions: it sent messages that moved the stream's clock.
GONE = "heartbeat"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path / "home"))


def sleeping(name: str) -> Program:
    """A program that does nothing until it is ended."""
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    return Program(name=name, command=command, check=lambda: None, start_seconds=0)


def test_every_follower_says_what_it_follows(settings: Settings) -> None:
    parts = {part.name: part.address for part in supervised.program(settings).parts}
    expected = {"reject-payloads", "merchant-risk", "alert-reasons", "model-watch", "job-keeper"}
    assert parts.keys() == expected
    assert all(address.startswith("follows ") for address in parts.values())


def test_a_follower_runs_only_where_it_is_of_use(settings: Settings) -> None:
    superset.want(settings, True)
    desk.want(settings, True)
    settings = dataclasses.replace(settings, retrain_schedule="30 3 * * *")
    elsewhere = dataclasses.replace(settings, flink_rest="flink:8081")
    assert {item.name for item in wanted(settings)} == BY_NAME.keys()
    assert BY_NAME.keys() - {item.name for item in wanted(elsewhere)} == {"job-keeper"}


def test_a_follower_that_is_no_more_is_ended_by_up(settings: Settings) -> None:
    control.check_place(settings)
    kept = sleeping(supervised.NAME)
    before = [kept, sleeping(GONE)]
    supervisor = Supervisor(settings)
    supervision.start(settings, supervision.write_configuration(settings, before))
    try:
        eventually(supervisor.is_running, what="the supervisor runs", seconds=30)
        for program in before:
            supervisor.start(program.name)
        old = supervisor.states()
        assert old[GONE].pid and old[kept.name].pid
        said: list[tuple[str, str]] = []
        control.start_supervisor(settings, supervisor, [kept], lambda *fact: said.append(fact))
        assert said == [(GONE, "stopped, this version does not have it")]
        assert not psutil.pid_exists(old[GONE].pid)
        assert supervisor.states().keys() == {kept.name}
        assert supervisor.states()[kept.name].pid == old[kept.name].pid
        # Nor does it come back with the next change.
        changed = dataclasses.replace(kept, environment={"CHANGED": "1"})
        control.start_supervisor(settings, supervisor, [changed], lambda *_: None)
        assert supervisor.states().keys() == {kept.name}
    finally:
        control.stop_all(settings, supervisor)
    assert not list(processes_of(supervision.instance_id(settings)))
