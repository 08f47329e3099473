"""Nothing of a running stack can be reached from another machine."""

import os
import re
import stat
from pathlib import Path

import psutil
import pytest

from swipestream.settings import REPO_ROOT, fields
from swipestream.stack.listening import Listener, listeners
from swipestream.stack.runtime_dir import runtime_dir
from tests.pipeline.conftest import Pipeline
from tests.pipeline.strangers import work_given_to_a_stranger

pytestmark = pytest.mark.stack


def running(pipeline: Pipeline) -> list[Listener]:
    """Where the stack listens while its Python workers score."""
    payment = pipeline.payment()
    pipeline.send(payment)
    pipeline.scored(payment)
    return list(listeners(pipeline.settings))


def test_nothing_listens_beyond_loopback(pipeline: Pipeline) -> None:
    found = running(pipeline)
    assert {listener.program for listener in found} >= {
        "kafka",
        "postgres",
        "flink-jobmanager",
        "flink-taskmanager",
    }
    assert [str(listener) for listener in found if not listener.is_on_loopback] == []


def test_the_document_says_who_listens(pipeline: Pipeline) -> None:
    settings = pipeline.settings
    named = {
        getattr(settings, item.name): item.metadata["env"]
        for item in fields()
        if item.name.endswith("_port")
    }
    found = {
        (listener.program, named.get(listener.port, "of its choice"))
        for listener in running(pipeline)
    }
    text = (REPO_ROOT / "docs" / "security.md").read_text()
    table = re.findall(
        r"^\| `([a-z-]+)` \| (?:`(\w+_PORT)`|(?:a )?ports? of its choice) \|", text, re.M
    )
    documented = {(program, port or "of its choice") for program, port in table}
    assert documented - found == {
        ("superset", "SUPERSET_PORT"),
        ("decision-api", "API_PORT"),
        ("desk", "DESK_PORT"),
    }
    assert found - documented == set()


def test_a_stranger_is_given_no_work(pipeline: Pipeline) -> None:
    running(pipeline)
    assert work_given_to_a_stranger(pipeline.settings) == []


def test_workers_are_served_on_sockets_of_the_stacks_user(pipeline: Pipeline) -> None:
    running(pipeline)
    paths = [
        Path(connection.laddr)
        for connection in psutil.net_connections(kind="unix")
        if Path(connection.laddr or "").match(f"{runtime_dir(pipeline.settings)}/workers-*/*")
    ]
    assert paths, "there are no sockets of workers"
    for path in paths:
        assert path.parent.stat().st_uid == os.geteuid()
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
