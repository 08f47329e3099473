"""Recompute the features in DuckDB."""

import re
from pathlib import Path

import duckdb

from swipestream.errors import SwipestreamError
from swipestream.verify.parity.columns import RECOMPUTED, STORED
from swipestream.verify.parity.feature_views import Read, sql_text, statements

MEMORY_LIMIT = "3GB"
LEFT_OUT = "SELECT COUNT(*) FROM touched_payments WHERE NOT is_answered"
MADE = re.compile(r"^CREATE TEMPORARY (TABLE|VIEW) (\w+)", re.MULTILINE)


def connect(folder: Path, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """
    An empty database that reads the feature files as Flink does.

    :param folder: holds its file and what does not fit into memory.
    :param threads: how many it may use; None leaves it to DuckDB.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(folder / "spilled"),
    }
    if threads:
        config["threads"] = threads
    connection = duckdb.connect(str(folder / "parity.duckdb"), config=config)
    # 7 / 2 is 3 in Flink and PostgreSQL.
    connection.execute("SET integer_division = true")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    # Order is asked for where it matters; keeping it everywhere costs memory.
    connection.execute("SET preserve_insertion_order = false")
    return connection


def create_stored_payments(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty table with every column of `scored_payments` that parity looks at."""
    columns = ", ".join(f"{name} {kind}" for name, kind in STORED.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE stored_payments ({columns}, is_compared BOOLEAN DEFAULT TRUE)"
    )


def choose_compared(connection: duckdb.DuckDBPyConnection, since_ms: int = 0) -> None:
    """
    Say which of `stored_payments` are compared; the others are there as history only.

    :param since_ms: older ones are not. Nor are those of an earlier version, which followed other
        rules: they do not know how far behind they came.
    """
    connection.execute(
        "UPDATE stored_payments SET is_compared = came_behind_ms IS NOT NULL AND event_ms >= ?",
        [since_ms],
    )


def recompute(connection: duckdb.DuckDBPyConnection, read: Read = sql_text) -> int:
    """
    Fill the table `recomputed_features` from `stored_payments`.

    :param read: gives a file's text.
    :return: payments left out, of cards whose views were more than is looked at.
    :raises SwipestreamError: DuckDB refuses a file; names it.
    """
    todo = list(statements(read))
    for _, statement in reversed(todo):
        for kind, name in MADE.findall(statement):
            connection.execute(f"DROP {kind} IF EXISTS {name}")
    for file, statement in todo:
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            raise SwipestreamError(
                f"sql/{file}.sql does not run in DuckDB: {str(error).splitlines()[0]}",
                "keep to what Flink, DuckDB and PostgreSQL all read",
            ) from None
    names = ", ".join(RECOMPUTED)
    connection.execute(
        "CREATE OR REPLACE TABLE recomputed_features AS "
        f"SELECT transaction_id, true_card_id AS card_id, {names} FROM payment_features"
    )
    found = connection.execute(LEFT_OUT).fetchone()
    return int(found[0]) if found else 0
