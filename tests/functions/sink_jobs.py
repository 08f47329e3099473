"""Small jobs in a local Flink that use our connectors of Postgres, as the stream's user."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
from psycopg import sql
from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment
from pyflink.table.table_result import TableResult

from swipestream.settings import OWNER, Settings
from swipestream.stack.functions_jar import flink_jars
from swipestream.stack.java import java_home
from swipestream.stack.postgres import admin_url

# As Python can write them.
OPTION_NAMES = {
    "sink_buffer_max_rows": "sink.buffer.max-rows",
    "sink_retry_timeout": "sink.retry.timeout",
    "cache_max_rows": "lookup.cache.max-rows",
    "expire_after": "lookup.cache.expire-after",
    "read_together_by": "lookup.read-together-by",
    "retry_timeout": "lookup.retry.timeout",
}
# Nothing here takes long; what hangs is a failure.
DEADLINE_SECONDS = 20
SESSIONS = """
SELECT pid, state, wait_event_type
FROM pg_stat_activity
WHERE application_name = %s AND datname = CURRENT_DATABASE()
"""


class CopyJobs:
    """
    Tables in a separate schema, and jobs that write to them.

    :param schema: where they are.
    :param work: a folder for files that jobs read.
    """

    def __init__(self, stack: Settings, schema: str, work: Path) -> None:
        self.stack, self.schema, self.work = stack, schema, work
        os.environ["JAVA_HOME"] = str(java_home())

    def connect(self) -> psycopg.Connection:
        """A connection of a superuser, who owns the tables and sees all sessions."""
        return psycopg.connect(admin_url(self.stack, OWNER), options="-c timezone=UTC")

    def create(self, table: str, columns: str) -> None:
        """Make a table that the stream's user may write to."""
        name = sql.Identifier(table)
        self.execute(f"CREATE TABLE {{schema}}.{{}} ({columns})", name)
        self.execute(
            "GRANT SELECT, INSERT, UPDATE ON {schema}.{} TO {}",
            name,
            sql.Identifier(self.stack.jdbc_user),
        )

    def execute(self, statement: str, *names: sql.Identifier) -> list[Any]:
        """
        Run a statement as the tables' owner, on a separate connection.

        :param statement: ``{schema}`` in it is the schema, ``{}`` the next of the names.
        """
        with self.connect() as connection:
            cursor = connection.execute(
                sql.SQL(statement).format(  # type: ignore[arg-type]
                    *names, schema=sql.Identifier(self.schema)
                )
            )
            return cursor.fetchall() if cursor.description else []

    def environment(self, **options: str) -> TableEnvironment:
        """
        A local Flink.

        :param options: of its configuration, with ``__`` for a point.
        """
        configuration = Configuration()
        jars = ";".join(path.as_uri() for path in flink_jars(self.stack))
        # A job that fails must fail, not retry forever.
        settings = {
            "pipeline.jars": jars,
            "parallelism.default": "1",
            "restart-strategy.type": "none",
        }
        settings |= {name.replace("__", "."): value for name, value in options.items()}
        for name, value in settings.items():
            configuration.set_string(name, value)
        return TableEnvironment.create(
            EnvironmentSettings.new_instance()
            .in_streaming_mode()
            .with_configuration(configuration)
            .build()
        )

    def sink(self, environment: TableEnvironment, name: str, columns: str, **options: str) -> None:
        """
        Declare a table of the schema as a sink.

        :param options: of the connector, see `OPTION_NAMES`.
        """
        self._declare(environment, "postgres-upsert", name, columns, options)

    def lookup(
        self, environment: TableEnvironment, name: str, columns: str, **options: str
    ) -> None:
        """
        Declare a table of the schema for lookups.

        :param options: of the connector, see `OPTION_NAMES`.
        """
        self._declare(environment, "postgres-lookup", name, columns, options)

    def _declare(
        self,
        environment: TableEnvironment,
        connector: str,
        name: str,
        columns: str,
        options: Mapping[str, str],
    ) -> None:
        settings = {
            "connector": connector,
            "url": self.stack.jdbc_url,
            "username": self.stack.jdbc_user,
            "password": self.stack.jdbc_password,
            "table-name": f"{self.schema}.{name}",
        }
        settings |= {OPTION_NAMES.get(option, option): value for option, value in options.items()}
        listed = ", ".join(f"'{key}' = '{value}'" for key, value in settings.items())
        environment.execute_sql(f"CREATE TEMPORARY TABLE `{name}` ({columns}) WITH ({listed})")

    def source(
        self,
        environment: TableEnvironment,
        name: str,
        columns: str,
        rows: Sequence[dict[str, Any]],
    ) -> None:
        """Declare a table that holds these rows, in this order."""
        folder = self.work / name
        folder.mkdir()
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "rows").write_text(lines, "utf-8")
        environment.execute_sql(
            f"CREATE TEMPORARY TABLE `{name}` ({columns}) WITH ('connector' = 'filesystem', "
            f"'path' = '{folder.as_uri()}', 'format' = 'json', "
            "'json.timestamp-format.standard' = 'ISO-8601')"
        )

    def numbers(self, environment: TableEnvironment, count: int, per_second: int) -> None:
        """Declare `numbers` with the column `n` from 1 to ``count``, which a checkpoint resumes."""
        environment.execute_sql(
            "CREATE TEMPORARY TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', "
            f"'number-of-rows' = '{count}', 'rows-per-second' = '{per_second}', "
            "'fields.n.kind' = 'sequence', 'fields.n.start' = '1', "
            f"'fields.n.end' = '{count}')"
        )

    def sessions(self, application: str = "swipestream sink") -> list[tuple[int, str, str]]:
        """The connectors' sessions in the database: process, state, kind of waiting."""
        with self.connect() as connection:
            return connection.execute(SESSIONS, (application,)).fetchall()


@contextmanager
def running(result: TableResult) -> Iterator[Callable[[], None]]:
    """
    A job, in the background.

    :return: a function that waits for its end and raises what it failed with.
    """
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            result.wait()
        except BaseException as failure:
            failures.append(failure)

    thread = Thread(target=follow)
    thread.start()

    def join() -> None:
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive(), "the job did not end"
        if failures:
            raise failures[0]

    try:
        yield join
    except AssertionError:
        # What was waited for may not have come because the job is over.
        if failures:
            raise failures[0] from None
        raise
    finally:
        if thread.is_alive():
            job = result.get_job_client()
            assert job is not None
            job.cancel().result()
            thread.join()
