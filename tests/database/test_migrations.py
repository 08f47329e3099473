"""Migrations only go forward; a released file never changes."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from swipestream.database import migrations
from swipestream.database.migrations import migrate, pending, read_migrations
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.errors import MigrationError
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url


@pytest.fixture
def database(stack: Settings) -> Iterator[str]:
    """The address of an empty database."""
    name = f"migrations_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        yield stack.postgres_url.rpartition("/")[0] + f"/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(
        "CREATE TABLE one (n int);\nINSERT INTO one VALUES (1)"
    )
    (tmp_path / "0002_second.sql").write_text("ALTER TABLE one ADD COLUMN m int")
    return tmp_path


@pytest.mark.stack
def test_each_file_is_applied_once_and_in_order(database: str, files: Path) -> None:
    assert migrate(database, files) == ["0001_first", "0002_second"]
    assert migrate(database, files) == []
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT n, m FROM one").fetchall() == [(1, None)]


@pytest.mark.stack
def test_a_changed_file_is_refused(database: str, files: Path) -> None:
    migrate(database, files)
    (files / "0001_first.sql").write_text("CREATE TABLE other (n int)")
    with pytest.raises(MigrationError, match=r"0001_first\.sql was changed after"):
        migrate(database, files)


@pytest.mark.stack
def test_older_code_is_refused(database: str, files: Path) -> None:
    migrate(database, files)
    (files / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match="0002_second, which is not in"):
        migrate(database, files)


@pytest.mark.stack
def test_a_file_that_fails_leaves_nothing_behind(database: str, files: Path) -> None:
    (files / "0003_third.sql").write_text("CREATE TABLE three (n int); SELECT 1 / 0")
    with pytest.raises(MigrationError, match=r"0003_third\.sql failed: division by zero"):
        migrate(database, files)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regclass('three')").fetchone() == (None,)
        left = pending(connection, read_migrations(files))
    assert [migration.version for migration in left] == ["0003_third"]


def test_a_gap_in_the_numbers_is_refused(files: Path) -> None:
    (files / "0004_fourth.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match=r"0004_fourth\.sql should be number 0003"):
        read_migrations(files)


def test_a_file_of_another_name_is_refused(files: Path) -> None:
    (files / "new.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match=r"new\.sql is not named NNNN_name\.sql"):
        read_migrations(files)


@pytest.fixture(scope="module")
def postgres_url(environment: dict[str, str]) -> Iterator[str]:
    with throw_away_postgres(Settings.load()) as own:
        yield own.postgres_url


@pytest.fixture
def read_table(
    postgres_url: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["psycopg.Connection[tuple[int]]"]:
    """A session that has read the table that the second file changes, and has not ended."""
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT_MS", 200)
    monkeypatch.setattr(migrations, "LOCK_PAUSE_SECONDS", 0.2)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("DROP TABLE IF EXISTS one; DROP TABLE schema_migrations")
        second = files / "0002_second.sql"
        change = second.read_text()
        second.unlink()
        migrate(postgres_url, files)
        second.write_text(change)
        with psycopg.connect(postgres_url) as reader:
            reader.execute("SELECT n FROM one")
            yield reader
            reader.rollback()


def test_a_migration_that_waits_lets_others_pass_and_is_tried_again(
    postgres_url: str, files: Path, read_table: "psycopg.Connection[tuple[int]]"
) -> None:
    done: list[str] = []
    migrating = threading.Thread(target=lambda: done.extend(migrate(postgres_url, files)))
    migrating.start()
    with psycopg.connect(postgres_url, autocommit=True) as sink:
        # For three waits of the migration; each write waits for one of them at most.
        sink.execute("SET lock_timeout = '2s'")
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            sink.execute("INSERT INTO one VALUES (2)")
    assert migrating.is_alive()
    read_table.rollback()
    migrating.join(30)
    assert done == ["0002_second"]


def test_a_lock_that_is_never_free_is_said(
    postgres_url: str,
    files: Path,
    read_table: "psycopg.Connection[tuple[int]]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TRIES", 2)
    with pytest.raises(MigrationError) as raised:
        migrate(postgres_url, files)
    assert raised.value.fact == (
        "migration 0002_second.sql got no lock in 2 tries: canceling statement due to lock timeout"
    )
    assert "pg_stat_activity" in raised.value.hint
    read_table.rollback()
    assert migrate(postgres_url, files) == ["0002_second"]
