"""What `postgres-lookup` answers, whatever the table holds and whatever happens to the database."""

import random
import re
from typing import Any

import pytest
from psycopg import sql
from py4j.protocol import Py4JJavaError
from pyflink.table import TableEnvironment
from pyflink.table.table_result import TableResult

from tests.eventually import eventually
from tests.functions.sink_jobs import CopyJobs, running

pytestmark = pytest.mark.stack

PLACES = "id STRING, area BIGINT, name STRING, is_open BOOLEAN, n INT, counts ARRAY<INT>"
JOINED = """
INSERT INTO `found_{name}`
SELECT asked.number, found.name, found.is_open, found.n, found.counts[2]
FROM (SELECT *, PROCTIME() AS asked_at FROM `asked_{name}`) AS asked
LEFT JOIN `places_{name}` FOR SYSTEM_TIME AS OF asked.asked_at AS found
    ON asked.id = found.id AND asked.area = found.area
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("whole", {}),
        ("by_day", {"read_together_by": "area"}),
        ("evicted", {"read_together_by": "area", "cache_max_rows": "120"}),
        ("alone", {"cache_max_rows": "20"}),
        ("forgotten", {"read_together_by": "area", "expire_after": "1 ms"}),
    ],
)
def test_every_way_to_read_gives_the_same_rows(
    sink_jobs: CopyJobs, name: str, options: dict[str, str]
) -> None:
    rng = random.Random(7)
    places = [
        (f"p{number}'é", area, f"Café {number} {area}", None, None, None)
        if number % 7 == 0
        else (
            f"p{number}",
            area,
            f"n {number}",
            number % 2 == 0,
            -number,
            [area, None if number % 3 == 0 else number],
        )
        for number in range(50)
        for area in range(4)
    ]
    keys: list[tuple[str | None, int | None]] = [(place[0], place[1]) for place in places]
    keys += [(None, 1), ("p1", None), ("p1", 9), ("nobody", 1), ("p1\0", 1), ("", 0)]
    asked = [rng.choice(keys) for _ in range(1200)]
    known = {(place[0], place[1]): place[2:] for place in places}

    source, into = f"places_{name}", f"found_{name}"
    sink_jobs.create(
        source, "id text, area bigint, name text, is_open boolean, n int, counts int[]"
    )
    fill(sink_jobs, source, places)
    sink_jobs.create(into, "number int, name text, is_open boolean, n int, second int")
    environment = sink_jobs.environment(parallelism__default="2")
    rows = [{"number": number, "id": id_, "area": area} for number, (id_, area) in enumerate(asked)]
    sink_jobs.source(environment, f"asked_{name}", "number INT, id STRING, area BIGINT", rows)
    sink_jobs.lookup(environment, source, PLACES, **options)
    sink_jobs.sink(
        environment, into, "number INT, name STRING, is_open BOOLEAN, n INT, `second` INT"
    )
    environment.execute_sql(JOINED.format(name=name)).wait()

    found = sink_jobs.execute(f"SELECT * FROM {{schema}}.{into} ORDER BY number")
    expected: list[tuple[Any, ...]] = []
    for number, key in enumerate(asked):
        if None in key or key not in known:
            expected.append((number, None, None, None, None))
        else:
            name_, is_open, n, counts = known[key]  # type: ignore[index]
            expected.append((number, name_, is_open, n, counts[1] if counts else None))
    assert found == expected


def fill(sink_jobs: CopyJobs, table: str, rows: list[tuple[Any, ...]]) -> None:
    with sink_jobs.connect() as connection, connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(
            f"INSERT INTO {sink_jobs.schema}.{table} VALUES ({marks})",  # type: ignore[arg-type]
            rows,
        )


def test_rows_with_the_same_key_are_all_found(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("twins", "id text, n int")
    fill(sink_jobs, "twins", [("a", 1), ("a", 2), ("b", 3)])
    sink_jobs.create("found_twins", "id text, n int")
    environment = sink_jobs.environment()
    environment.execute_sql(
        "CREATE TEMPORARY VIEW asked AS "
        "SELECT id, PROCTIME() AS asked_at FROM (VALUES ('a'), ('b'), ('c')) AS ids (id)"
    )
    sink_jobs.lookup(environment, "twins", "id STRING, n INT")
    sink_jobs.sink(environment, "found_twins", "id STRING, n INT")
    environment.execute_sql(
        "INSERT INTO found_twins SELECT asked.id, twins.n FROM asked "
        "INNER JOIN twins FOR SYSTEM_TIME AS OF asked.asked_at ON asked.id = twins.id"
    ).wait()
    assert sink_jobs.execute("SELECT id, n FROM {schema}.found_twins ORDER BY n") == [
        ("a", 1),
        ("a", 2),
        ("b", 3),
    ]


def test_two_tasks_read_a_table_once(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("counted", "n bigint, name text")
    fill(sink_jobs, "counted", [(number, str(number)) for number in range(1, 101)])
    environment = sink_jobs.environment(parallelism__default="2")
    sink_jobs.numbers(environment, 100, per_second=10_000)
    sink_jobs.lookup(environment, "counted", "n BIGINT, name STRING")
    numbered(sink_jobs, environment, "counted", "n").wait()
    assert sink_jobs.execute(
        "SELECT n FROM {schema}.found_counted WHERE n::text = name ORDER BY n"
    ) == [(number,) for number in range(1, 101)]
    eventually(lambda: rows_read(sink_jobs, "counted"), (100).__eq__, "100 rows read", seconds=20)


def rows_read(sink_jobs: CopyJobs, table: str) -> int:
    """How many rows of a table all sessions have read, which the database counts a bit later."""
    with sink_jobs.connect() as connection:
        row = connection.execute(
            "SELECT seq_tup_read FROM pg_stat_user_tables WHERE schemaname = %s AND relname = %s",
            (sink_jobs.schema, table),
        ).fetchone()
    assert row is not None
    return int(row[0])


def numbered(
    sink_jobs: CopyJobs, environment: TableEnvironment, table: str, number: str
) -> TableResult:
    """
    Look a name up for each of `numbers`, and store it in a new table.

    :param number: by which `n` of the table, as SQL over `n` of the number.
    """
    sink_jobs.create(f"found_{table}", "n bigint, name text")
    sink_jobs.sink(environment, f"found_{table}", "n BIGINT, name STRING")
    return environment.execute_sql(
        f"INSERT INTO found_{table} SELECT asked.given, found.name "
        f"FROM (SELECT n AS given, {number} AS n, PROCTIME() AS asked_at FROM numbers) AS asked "
        f"LEFT JOIN `{table}` FOR SYSTEM_TIME AS OF asked.asked_at AS found ON asked.n = found.n"
    )


def test_a_change_is_seen_although_the_database_was_away(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("changing", "n bigint, name text")
    fill(sink_jobs, "changing", [(0, "before")])
    environment = sink_jobs.environment()
    sink_jobs.numbers(environment, 1_000_000, per_second=500)
    sink_jobs.lookup(environment, "changing", "n BIGINT, name STRING", expire_after="400 ms")

    def names() -> set[str | None]:
        rows = sink_jobs.execute("SELECT name FROM {schema}.found_changing ORDER BY n DESC LIMIT 2")
        return {name for (name,) in rows}

    def is_last(*expected: str | None) -> None:
        eventually(lambda: names() == set(expected), what=f"{expected}", seconds=20)

    with running(numbered(sink_jobs, environment, "changing", "MOD(n, 2)")):
        is_last("before", None)
        sink_jobs.execute("UPDATE {schema}.changing SET name = 'after'")
        is_last("after", None)
        # Not there before, and asked for all the time.
        sink_jobs.execute("INSERT INTO {schema}.changing VALUES (1, 'new')")
        is_last("after", "new")
        for pid, _, _ in sink_jobs.sessions("swipestream lookup"):
            sink_jobs.execute(f"SELECT pg_terminate_backend({pid})")
        sink_jobs.execute("UPDATE {schema}.changing SET name = 'later'")
        is_last("later")
    eventually(
        lambda: not sink_jobs.sessions("swipestream lookup"), what="closed sessions", seconds=20
    )


def test_a_locked_table_is_waited_for(sink_jobs: CopyJobs) -> None:
    sink_jobs.create("held", "n bigint, name text")
    fill(sink_jobs, "held", [(1, "one")])
    environment = sink_jobs.environment()
    sink_jobs.numbers(environment, 300, per_second=100)
    sink_jobs.lookup(
        environment, "held", "n BIGINT, name STRING", expire_after="100 ms", retry_timeout="8 s"
    )
    with running(numbered(sink_jobs, environment, "held", "1")) as join:
        eventually(
            lambda: sink_jobs.execute("SELECT n FROM {schema}.found_held LIMIT 1"),
            what="rows",
            seconds=20,
        )
        with sink_jobs.connect() as connection:
            connection.execute(
                sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
                    sql.Identifier(sink_jobs.schema, "held")
                )
            )
            # An attempt ends after a quarter of the time limit, then another one begins.
            first = eventually(lambda: waiting(sink_jobs), what="a session that waits", seconds=20)
            eventually(
                lambda: waiting(sink_jobs) - first, what="another session that waits", seconds=20
            )
        join()
    assert sink_jobs.execute("SELECT DISTINCT name FROM {schema}.found_held") == [("one",)]
    assert sink_jobs.execute("SELECT COUNT(*) FROM {schema}.found_held") == [(300,)]


def waiting(sink_jobs: CopyJobs) -> set[int]:
    """The sessions of lookups that wait for a lock."""
    return {pid for pid, _, kind in sink_jobs.sessions("swipestream lookup") if kind == "Lock"}


REFUSALS = {
    "no_table": ("n BIGINT", {}, r"there is no table \S+no_table"),
    "no_column": ("n BIGINT, other INT", {}, r"table \S+no_column has no column other"),
    "no_right": ("n BIGINT", {}, r"permission denied for table no_right, SQLSTATE 42501"),
    "wrong_type": (
        "n BIGINT, name ARRAY<INT>",
        {},
        r"column name of table \S+wrong_type is text, which postgres-lookup cannot read as "
        r"ARRAY<INT>",
    ),
    "no_type": (
        "n BIGINT, seen TIMESTAMP(3)",
        {},
        r"column seen is TIMESTAMP\(3\), which postgres-lookup cannot read\nhint: declare it",
    ),
    "not_in_key": (
        "n BIGINT, name STRING",
        {"read_together_by": "name"},
        r"not_in_key is joined by n, and reads together by name\nhint: option "
        r"lookup\.read-together-by names columns that it is joined by",
    ),
    "not_a_column": (
        "n BIGINT",
        {"read_together_by": "area"},
        r"option lookup\.read-together-by of postgres-lookup has to be one that names columns",
    ),
    "no_rows": (
        "n BIGINT",
        {"cache_max_rows": "0"},
        r"option lookup\.cache\.max-rows of postgres-lookup has to be one that is 1 or more",
    ),
}


@pytest.mark.parametrize("table", REFUSALS)
def test_what_cannot_be_read_is_refused_at_once(sink_jobs: CopyJobs, table: str) -> None:
    columns, options, message = REFUSALS[table]
    if table != "no_table":
        sink_jobs.create(table, "n bigint, name text, seen timestamp")
    if table == "no_right":
        sink_jobs.execute(
            "REVOKE SELECT ON {schema}.no_right FROM {}", sql.Identifier(sink_jobs.stack.jdbc_user)
        )
    environment = sink_jobs.environment()
    sink_jobs.numbers(environment, 10, per_second=100)
    sink_jobs.create(f"stored_{table}", "n bigint")
    sink_jobs.sink(environment, f"stored_{table}", "n BIGINT")
    with pytest.raises(Py4JJavaError) as caught:
        sink_jobs.lookup(environment, table, columns, **options)
        environment.execute_sql(
            f"INSERT INTO stored_{table} SELECT found.n "
            "FROM (SELECT n, PROCTIME() AS asked_at FROM numbers) AS asked "
            f"LEFT JOIN `{table}` FOR SYSTEM_TIME AS OF asked.asked_at AS found "
            "ON asked.n = found.n"
        ).wait()
    told = str(caught.value)
    assert re.search(message, told), told
    assert "attempts 2" not in told
