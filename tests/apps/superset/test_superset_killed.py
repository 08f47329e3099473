"""Superset killed: the stream does not notice, and Superset comes back by itself."""

import os
import signal

import pytest

from swipestream.dashboards import superset
from swipestream.settings import Settings
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline

pytestmark = [pytest.mark.stack, pytest.mark.disruptive, pytest.mark.timeout(1800)]
BACK_SECONDS = 240


def answers(settings: Settings) -> bool:
    try:
        superset.check(settings)
    except NotReadyError:
        return False
    return True


def test_the_stream_does_not_notice_that_superset_was_killed(
    dashboards: Settings, pipeline: Pipeline
) -> None:
    before = pipeline.payment()
    pipeline.send(before)
    assert pipeline.scored(before)
    restarts = pipeline.restarts()
    supervisor = Supervisor(dashboards)
    pids = {name: state.pid for name, state in supervisor.states().items()}
    os.killpg(os.getpgid(pids[superset.NAME]), signal.SIGKILL)
    after = [pipeline.payment() for _ in range(20)]
    pipeline.send(*after)
    assert len(pipeline.scored(*after)) == 20
    now = {name: state.pid for name, state in supervisor.states().items()}
    others = pids.keys() - {superset.NAME}
    assert {name: now[name] for name in others} == {name: pids[name] for name in others}
    assert pipeline.job().state == "RUNNING"
    assert pipeline.restarts() == restarts
    eventually(
        lambda: answers(dashboards),
        what="Superset is back",
        seconds=BACK_SECONDS,
        pause_seconds=0.5,
    )
