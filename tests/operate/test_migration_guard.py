"""Tables are not migrated while a job runs that could no longer write to them."""

from pathlib import Path

import psycopg
import pytest

from swipestream.database.migrations import Migration, read_migrations
from swipestream.errors import MigrationError
from swipestream.jobs import wanted_jobs
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.operate import migration_guard
from swipestream.settings import Settings

VERSION, JOB = next(iter(migration_guard.ENDED_FOR.items()))


class NoConnection:
    """Stands for one that nobody asks anything of."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a stack whose database is one migration behind."""
    monkeypatch.setattr(psycopg, "connect", lambda *_: NoConnection())
    due(monkeypatch, VERSION)
    return Settings(home=str(tmp_path), database_url="postgresql://u:p@db/d")


def due(monkeypatch: pytest.MonkeyPatch, *versions: str) -> None:
    """Let these be pending."""
    found = [Migration(version, "", "") for version in versions]
    monkeypatch.setattr(migration_guard, "pending", lambda *_: found)


def test_a_job_that_should_run_is_to_be_ended_first(settings: Settings) -> None:
    wanted_jobs.write(settings, WantedJob(JOB, "a1"))
    with pytest.raises(
        MigrationError, match=f"{JOB} was submitted by an earlier version"
    ) as caught:
        migration_guard.check(settings)
    assert f"`swipestream cancel {JOB}`" in caught.value.hint


def test_a_job_that_was_ended_or_never_submitted_is_in_nobodys_way(settings: Settings) -> None:
    migration_guard.check(settings)
    wanted_jobs.write(settings, WantedJob(JOB, "a1", is_wanted=False))
    migration_guard.check(settings)


def test_a_migration_that_was_applied_is_in_nobodys_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted_jobs.write(settings, WantedJob(JOB, "a1"))
    due(monkeypatch, "0010_something_else")
    migration_guard.check(settings)


def test_the_migrations_named_exist() -> None:
    known = {migration.version for migration in read_migrations()}
    assert set(migration_guard.ENDED_FOR) <= known
