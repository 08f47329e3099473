"""What `postgres-upsert` stores, whatever happens to the database meanwhile."""

import functools
import operator
import os
import random
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from py4j.protocol import Py4JJavaError

from tests.eventually import eventually
from tests.functions.sink_jobs import CopyJobs, running

pytestmark = pytest.mark.stack

CARD = "card 4111111111111111"
NUMBERS = "n BIGINT, PRIMARY KEY (n) NOT ENFORCED"
ODD = 'an "odd" name?'


def test_of_rows_with_the_same_key_the_last_stays(sink_jobs: CopyJobs) -> None:
    rng = random.Random(7)
    rows = [
        {"id": f"t{rng.randrange(300)}", "card": f"c{rng.randrange(2)}", "n": number}
        for number in range(6000)
    ]
    # 0 and -0 are equal to the database, but their bytes differ.
    zeros = [{"f": rng.choice((0.0, -0.0, 1.5)), "n": number} for number in range(500)]
    sink_jobs.create("small", "id text, card text, n bigint, PRIMARY KEY (card, id)")
    sink_jobs.create("large", "id text, card text, n bigint, PRIMARY KEY (id, card)")
    sink_jobs.create("zeros", "f double precision PRIMARY KEY, n bigint")
    sink_jobs.create("keys", "id text, card text, PRIMARY KEY (id, card)")
    sink_jobs.create("added", "n bigint, id text DEFAULT 'none'")

    environment = sink_jobs.environment()
    columns = "id STRING, card STRING, n BIGINT"
    sink_jobs.source(environment, "rows", columns, rows)
    sink_jobs.source(environment, "zero_rows", "f DOUBLE, n BIGINT", zeros)
    key = "PRIMARY KEY (id, card) NOT ENFORCED"
    sink_jobs.sink(environment, "small", f"{columns}, {key}", sink_buffer_max_rows="7")
    sink_jobs.sink(environment, "large", f"{columns}, {key}")
    sink_jobs.sink(environment, "zeros", "f DOUBLE, n BIGINT, PRIMARY KEY (f) NOT ENFORCED")
    sink_jobs.sink(environment, "keys", f"id STRING, card STRING, {key}")
    sink_jobs.sink(environment, "added", "n BIGINT")
    statements = environment.create_statement_set()
    for insert in (
        "`small` SELECT * FROM `rows`",
        "`large` SELECT * FROM `rows`",
        "`zeros` SELECT * FROM zero_rows",
        "`keys` SELECT id, card FROM `rows`",
        "`added` SELECT n FROM zero_rows",
    ):
        statements.add_insert_sql(f"INSERT INTO {insert}")
    statements.execute().wait()

    last = sorted({(row["id"], row["card"]): row["n"] for row in rows}.items())
    for table in ("small", "large"):
        stored = sink_jobs.execute(f"SELECT id, card, n FROM {{schema}}.{table} ORDER BY id, card")
        assert [((row[0], row[1]), row[2]) for row in stored] == last, table
    assert sink_jobs.execute("SELECT id, card FROM {schema}.keys ORDER BY id, card") == [
        key for key, _ in last
    ]
    assert dict(sink_jobs.execute("SELECT f, n FROM {schema}.zeros")) == {
        row["f"]: row["n"] for row in zeros
    }
    # Without a key every row is added; what the job does not write has its default.
    assert sink_jobs.execute("SELECT n, id FROM {schema}.added ORDER BY n") == [
        (number, "none") for number in range(500)
    ]


def test_rows_that_are_there_already_are_replaced_and_the_others_added(
    sink_jobs: CopyJobs,
) -> None:
    numbers = range(1000)
    for table in ("partly", "behind", "guarded"):
        sink_jobs.create(table, "n bigint PRIMARY KEY, said text, at timestamptz DEFAULT NOW()")
        sink_jobs.execute(
            f"INSERT INTO {{schema}}.{table} SELECT n, 'old' FROM GENERATE_SERIES(0, 999, 3) AS n"
        )
    # A view takes no COPY.
    sink_jobs.execute("CREATE VIEW {schema}.shown AS SELECT n, said FROM {schema}.behind")
    sink_jobs.execute(
        "GRANT SELECT, INSERT, UPDATE ON {schema}.shown TO {}",
        sql.Identifier(sink_jobs.stack.jdbc_user),
    )
    # Nor does a table that shows each user only some rows.
    sink_jobs.execute("ALTER TABLE {schema}.guarded ENABLE ROW LEVEL SECURITY")
    sink_jobs.execute("CREATE POLICY everything ON {schema}.guarded USING (TRUE)")
    environment = sink_jobs.environment()
    rows = [{"n": number, "said": f"new {number}"} for number in numbers]
    sink_jobs.source(environment, "new_rows", "n BIGINT, said STRING", rows)
    statements = environment.create_statement_set()
    for table in ("partly", "shown", "guarded"):
        sink_jobs.sink(
            environment,
            table,
            "n BIGINT, said STRING, PRIMARY KEY (n) NOT ENFORCED",
            sink_buffer_max_rows="200",
        )
        statements.add_insert_sql(f"INSERT INTO `{table}` SELECT * FROM new_rows")
    statements.execute().wait()
    for table in ("partly", "behind", "guarded"):
        stored = sink_jobs.execute(f"SELECT n, said FROM {{schema}}.{table} ORDER BY n")
        assert stored == [(number, f"new {number}") for number in numbers], table


def test_names_and_columns_of_any_kind(sink_jobs: CopyJobs) -> None:
    quoted = '"' + ODD.replace('"', '""') + '"'
    sink_jobs.create(
        "Select",
        f"gone integer, {quoted} integer, twice integer GENERATED ALWAYS AS (2 * {quoted}) STORED, "
        '"order" integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT NOW()',
    )
    sink_jobs.execute('ALTER TABLE {schema}."Select" DROP COLUMN gone')
    environment = sink_jobs.environment()
    sink_jobs.sink(
        environment, "Select", f"`order` INT, `{ODD}` INT, PRIMARY KEY (`order`) NOT ENFORCED"
    )
    environment.execute_sql("INSERT INTO `Select` VALUES (1, 2), (3, 4)").wait()
    stored = sink_jobs.execute(
        f'SELECT "order", {quoted}, twice FROM {{schema}}."Select" WHERE at <= NOW() ORDER BY 1'
    )
    assert stored == [(1, 2, 4), (3, 4, 8)]


def test_a_database_that_is_hit_again_and_again_loses_nothing(sink_jobs: CopyJobs) -> None:
    count = 3600
    sink_jobs.create("hit", "gone integer, n bigint PRIMARY KEY")
    environment = sink_jobs.environment(execution__checkpointing__interval="500 ms")
    sink_jobs.numbers(environment, count, per_second=300)
    sink_jobs.sink(environment, "hit", NUMBERS)

    def newest() -> int:
        return int(sink_jobs.execute("SELECT MAX(n) FROM {schema}.hit")[0][0] or 0)

    def end_session() -> None:
        for pid, _, _ in sink_jobs.sessions():
            sink_jobs.execute(f"SELECT pg_terminate_backend({pid})")

    def crash() -> None:
        # The server ends all its sessions and recovers from its log.
        os.kill(sink_jobs.sessions()[0][0], signal.SIGKILL)
        eventually(lambda: answers(sink_jobs), what="the server", seconds=20)

    hits = (
        end_session,
        end_session,
        lambda: sink_jobs.execute(
            "ALTER TABLE {schema}.hit DROP COLUMN gone, ADD COLUMN new integer"
        ),
        end_session,
        lambda: sink_jobs.execute("ALTER TABLE {schema}.hit ADD COLUMN newer text DEFAULT 'x'"),
        crash,
        end_session,
    )
    with running(environment.execute_sql("INSERT INTO hit SELECT n FROM numbers")) as join:
        for hit in hits:
            before = newest()
            eventually(newest, functools.partial(operator.lt, before), "the next row", seconds=20)
            hit()
        join()
    assert sink_jobs.execute("SELECT COUNT(*), MIN(n), MAX(n) FROM {schema}.hit") == [
        (count, 1, count)
    ]


def answers(sink_jobs: CopyJobs) -> bool:
    try:
        return bool(sink_jobs.execute("SELECT 1"))
    except psycopg.OperationalError:
        return False


def test_a_locked_table_is_waited_for(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("locked", "n bigint PRIMARY KEY")
    environment = sink_jobs.environment()
    sink_jobs.numbers(environment, 900, per_second=300)
    sink_jobs.sink(
        environment, "locked", NUMBERS, sink_retry_timeout="8 s", sink_buffer_max_rows="50"
    )
    with running(environment.execute_sql("INSERT INTO locked SELECT n FROM numbers")) as join:
        with locked(sink_jobs, "locked"):
            first = eventually(lambda: waiting(sink_jobs), what="a session that waits", seconds=20)
            # An attempt ends after a quarter of the time limit, then it retries.
            eventually(
                lambda: waiting(sink_jobs) - first, what="another session that waits", seconds=20
            )
        join()
    assert sink_jobs.execute("SELECT COUNT(*) FROM {schema}.locked") == [(900,)]


def test_a_job_that_is_cancelled_leaves_no_statement_behind(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("abandoned", "n bigint PRIMARY KEY")
    environment = sink_jobs.environment()
    sink_jobs.numbers(environment, 1_000_000, per_second=1000)
    sink_jobs.sink(environment, "abandoned", NUMBERS)
    with locked(sink_jobs, "abandoned"):
        with running(environment.execute_sql("INSERT INTO abandoned SELECT n FROM numbers")):
            eventually(lambda: waiting(sink_jobs), what="a session that waits", seconds=20)
        eventually(lambda: not sink_jobs.sessions(), what="the end of the session", seconds=20)
    assert sink_jobs.execute("SELECT COUNT(*) FROM {schema}.abandoned") == [(0,)]


@contextmanager
def locked(sink_jobs: CopyJobs, table: str) -> Iterator[None]:
    """Lock a table against everybody else."""
    with sink_jobs.connect() as connection:
        connection.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
                sql.Identifier(sink_jobs.schema, table)
            )
        )
        yield


def waiting(sink_jobs: CopyJobs) -> set[int]:
    """The sinks' sessions that wait for a lock."""
    return {pid for pid, _, kind in sink_jobs.sessions() if kind == "Lock"}


def test_a_job_that_fails_goes_on_from_its_checkpoint(sink_jobs: CopyJobs) -> None:
    count = 1500
    sink_jobs.create("hindered", "n bigint PRIMARY KEY")
    environment = sink_jobs.environment(
        execution__checkpointing__interval="200 ms",
        **{
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "1000",
            "restart-strategy.fixed-delay.delay": "100 ms",
        },
    )
    sink_jobs.numbers(environment, count, per_second=300)
    sink_jobs.sink(environment, "hindered", NUMBERS)
    started: set[int] = set()

    def restarts() -> int:
        started.update(pid for pid, _, _ in sink_jobs.sessions())
        return len(started) - 1

    with running(environment.execute_sql("INSERT INTO hindered SELECT n FROM numbers")) as join:
        eventually(
            lambda: sink_jobs.execute("SELECT n FROM {schema}.hindered LIMIT 1"),
            what="rows",
            seconds=20,
        )
        sink_jobs.execute(
            "ALTER TABLE {schema}.hindered ADD CONSTRAINT few CHECK (n < 700) NOT VALID"
        )
        eventually(lambda: restarts() > 2, what="restarts", seconds=20)
        sink_jobs.execute("ALTER TABLE {schema}.hindered DROP CONSTRAINT few")
        join()
    assert sink_jobs.execute("SELECT COUNT(*), MIN(n), MAX(n) FROM {schema}.hindered") == [
        (count, 1, count)
    ]


REFUSALS = {
    "not_null": (
        "card text NOT NULL, id bigint NOT NULL",
        r"""could not store 1 rows, table \S+not_null, attempts 1: null value in column "id" of """
        r"""relation "not_null" violates not-null constraint, SQLSTATE 23502""",
    ),
    "no_json": ("card jsonb, id bigint", "table .*: invalid input syntax for type json, SQLSTATE"),
    "no_column": ("id bigint", r"table \S+no_column has no column card"),
    "no_table": ("", r"there is no table \S+no_table"),
    "no_right": (
        "card text, id bigint",
        r"permission denied for table no_right, SQLSTATE 42501\nhint: grant the user SELECT,",
    ),
    "no_key": (
        "card text, id bigint",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification, "
        "SQLSTATE 42P10\nhint: give it a unique index on just the columns",
    ),
}


@pytest.mark.parametrize("table", REFUSALS)
def test_what_cannot_be_stored_fails_at_once_and_shows_no_value(
    sink_jobs: CopyJobs, table: str
) -> None:
    columns, message = REFUSALS[table]
    if columns:
        sink_jobs.create(table, columns)
    if table == "no_right":
        sink_jobs.execute(f"REVOKE INSERT ON {{schema}}.no_right FROM {sink_jobs.stack.jdbc_user}")
    environment = sink_jobs.environment()
    key = ", PRIMARY KEY (card) NOT ENFORCED" if table == "no_key" else ""
    sink_jobs.sink(environment, table, f"card STRING{key}, id BIGINT")
    with pytest.raises(Py4JJavaError) as caught:
        environment.execute_sql(
            f"INSERT INTO {table} SELECT card, id FROM "
            f"(VALUES ('{CARD}', CAST(NULL AS BIGINT))) AS rows_of_one (card, id)"
        ).wait()
    told = str(caught.value)
    assert re.search(message, told), told
    assert CARD not in told
    assert "attempts 2" not in told
