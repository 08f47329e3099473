"""Forward-only migrations: sql/postgres/migrations/NNNN_name.sql, each applied once, in order."""

import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from swipestream.database.connection import connect
from swipestream.database.locks import Lock
from swipestream.errors import MigrationError, first_line
from swipestream.settings import REPO_ROOT

MIGRATIONS_DIR = REPO_ROOT / "sql" / "postgres" / "migrations"
FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
# Who waits for a table lets all others wait behind, the stream's sinks too. So each wait is short,
# and between two of them the others have their turn.
LOCK_TIMEOUT_MS = 3000
LOCK_PAUSE_SECONDS = 2.0
LOCK_TRIES = 20
TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file."""

    version: str  # the file's name without .sql
    checksum: str  # SHA-256 of its content
    statements: str


def read_migrations(folder: Path = MIGRATIONS_DIR) -> list[Migration]:
    """
    :param folder: holds nothing but files NNNN_name.sql, numbered from 0001 without a gap.
    :raises MigrationError: a name of another shape, a gap, or the same number twice.
    """
    migrations: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        expected = f"{len(migrations) + 1:04d}"
        if not match:
            raise MigrationError(f"{path} is not named NNNN_name.sql", f"start it with {expected}_")
        if match[1] != expected:
            raise MigrationError(f"{path} should be number {expected}", "renumber the new file")
        content = path.read_text()
        checksum = hashlib.sha256(content.encode()).hexdigest()
        migrations.append(Migration(path.stem, checksum, content))
    return migrations


def pending(connection: psycopg.Connection, migrations: list[Migration]) -> list[Migration]:
    """
    :param connection: to the database; nothing is changed.
    :return: the migrations still to be applied.
    :raises MigrationError: an applied file was changed or removed since.
    """
    exists = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if exists is None or exists[0] is None:
        return migrations
    rows = connection.execute("SELECT version, checksum FROM schema_migrations ORDER BY version")
    applied = {str(version): str(checksum) for version, checksum in rows}
    known = {migration.version: migration for migration in migrations}
    for version, checksum in applied.items():
        if version not in known:
            raise MigrationError(
                f"the database has migration {version}, which is not in {MIGRATIONS_DIR.name}/",
                "this code is older than the database: update the code",
            )
        if known[version].checksum != checksum:
            raise MigrationError(
                f"migration {version}.sql was changed after it had been applied",
                "restore the file and put the change into a new migration",
            )
    return [migration for migration in migrations if migration.version not in applied]


def migrate(url: str, folder: Path = MIGRATIONS_DIR) -> list[str]:
    """
    Apply what is pending, each file in a separate transaction.

    :param url: of the database; its user owns the tables.
    :param folder: where the files are.
    :return: versions applied now.
    :raises MigrationError: a file was changed, Postgres refused one, or another session keeps a
        table locked.
    """
    migrations = read_migrations(folder)
    done: list[str] = []
    with connect(url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_lock(%s)", (Lock.SCHEMA,))
        connection.execute(TABLE)
        connection.execute(
            "SELECT set_config('lock_timeout', %s, FALSE)", (f"{LOCK_TIMEOUT_MS}ms",)
        )
        for migration in pending(connection, migrations):
            apply(connection, migration)
            done.append(migration.version)
    return done


def apply(connection: psycopg.Connection, migration: Migration) -> None:
    """
    Run one file and note it, or neither.

    :raises MigrationError: Postgres refused it, or another session keeps a table locked.
    """
    for number in range(LOCK_TRIES):
        if number:
            time.sleep(LOCK_PAUSE_SECONDS)
        try:
            with connection.transaction():
                connection.execute(sql.SQL(migration.statements))  # type: ignore[arg-type]
                connection.execute(
                    "INSERT INTO schema_migrations (version, checksum) VALUES (%s, %s)",
                    (migration.version, migration.checksum),
                )
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            reason = first_line(error)
        except psycopg.Error as error:
            raise MigrationError(
                f"migration {migration.version}.sql failed: {first_line(error)}",
                "nothing of it was applied; fix the file and run `swipestream up` again",
            ) from None
    raise MigrationError(
        f"migration {migration.version}.sql got no lock in {LOCK_TRIES} tries: {reason}",
        "nothing of it was applied; end the long query that pg_stat_activity shows and run "
        "`swipestream up` again",
    )
