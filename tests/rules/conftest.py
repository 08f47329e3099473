"""A database for each test, on a Postgres of the session; nothing else runs."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from flink_jobs.score_payments import JOB
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.rules.columns import rule_columns
from swipestream.settings import Settings
from tests.models.conftest import create, drop, url_of
from udfs.rule_set import RuleColumns

MIGRATED = "swipestream"
NAMES = (f"rules_{os.getpid()}_{number}" for number in count())


@pytest.fixture(scope="session")
def server(environment: dict[str, str]) -> Iterator[Settings]:
    """A Postgres whose database `MIGRATED` nobody connects to, so that it can be copied."""
    with throw_away_postgres(Settings.load()) as own:
        yield own


@contextlib.contextmanager
def database(server: Settings) -> Iterator[str]:
    """The address of a migrated database."""
    name = next(NAMES)
    create(server, name, template=MIGRATED)
    yield url_of(server, name)
    drop(server, name)


@pytest.fixture
def settings(
    server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """A database without rules and an empty models folder, for commands too."""
    with database(server) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path))
        (tmp_path / "models").mkdir()
        yield dataclasses.replace(server, home=str(tmp_path), database_url=url)


@pytest.fixture(scope="session")
def columns() -> RuleColumns:
    """What rules may look at in production."""
    return rule_columns(JOB)
