"""A database host that falls silent ends the wait."""

import dataclasses
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from swipestream.database.connection import LIMITS, connect, open_database
from swipestream.errors import ServiceError
from swipestream.settings import REPO_ROOT, Settings


@pytest.fixture
def silent_url() -> Iterator[str]:
    """Of a host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/d"


def test_a_silent_host_ends_the_wait(silent_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Less than two seconds are two for libpq.
    monkeypatch.setitem(LIMITS, "connect_timeout", 2)
    begin = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="timeout"):
        connect(silent_url)
    assert time.monotonic() - begin < 10


def test_the_address_has_the_last_word(silent_url: str) -> None:
    begin = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        connect(f"{silent_url}?connect_timeout=2")
    assert time.monotonic() - begin < LIMITS["connect_timeout"]


def test_a_command_says_that_nothing_answers(
    silent_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(LIMITS, "connect_timeout", 2)
    settings = dataclasses.replace(Settings(home=str(tmp_path)), database_url=silent_url)
    with pytest.raises(ServiceError, match=r"the database does not answer: .*timeout"):
        open_database(settings)


def test_a_connection_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def note(dsn: str, *, autocommit: bool) -> None:
        asked.update(psycopg.conninfo.conninfo_to_dict(dsn), autocommit=autocommit)

    monkeypatch.setattr(psycopg, "connect", note)
    connect("postgresql://u:p@h/d")
    assert {name: int(str(asked[name])) for name in LIMITS} == LIMITS
    assert asked["host"] == "h" and asked["autocommit"] is False


def test_what_runs_all_the_time_connects_with_limits() -> None:
    for path in (REPO_ROOT / "swipestream" / "followers").glob("*.py"):
        assert not re.search(r"psycopg\.connect\(", path.read_text("utf-8")), path.name
