"""Migrations only go forward; a released file never changes."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from swipestream.database.migrations import migrate, pending, read_migrations
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
