"""Migrations under which a job of an earlier version cannot go on writing."""

import psycopg

from swipestream.database.migrations import pending, read_migrations
from swipestream.errors import MigrationError
from swipestream.jobs import wanted_jobs
from swipestream.settings import DatabaseSettings

# By migration, the job whose tables it changes.
ENDED_FOR = {"0009_as_of_arrival": "score_payments"}


def check(settings: DatabaseSettings) -> None:
    """
    Find out whether what is to be migrated is still written to.

    :raises MigrationError: a job would fail at each restart from then on. It has to be ended first.
    """
    with psycopg.connect(settings.postgres_url) as connection:
        versions = [migration.version for migration in pending(connection, read_migrations())]
    for version in versions:
        name = ENDED_FOR.get(version, "")
        job = wanted_jobs.read(settings, name) if name else None
        if job is not None and job.is_wanted:
            raise MigrationError(
                f"{name} was submitted by an earlier version, and cannot write to the tables of "
                "this one",
                f"end it with `swipestream cancel {name}` (payments wait in Kafka) and run "
                f"`swipestream up` again; then `swipestream upgrade {name} --rebuild` goes on "
                "where it ended",
            )
