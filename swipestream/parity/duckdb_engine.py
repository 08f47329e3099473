"""Recompute the features in DuckDB."""

from pathlib import Path

import duckdb

from swipestream.errors import SwipestreamError
from swipestream.parity.columns import RECOMPUTED, STORED
from swipestream.parity.feature_views import Read, feature_file, statements

MEMORY_LIMIT = "3GB"
VIEWS = (
    "payment_features",
    "payments_enriched",
    "payments_with_history",
    "late_payments",
    "card_activity_5m",
    "card_activity_24h",
    "card_activity_7d",
    "card_previous_payment",
    "card_previous_payment_by_arrival",
    "transactions",
)


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
    connection.execute(f"CREATE OR REPLACE TABLE stored_payments ({columns})")


def recompute(
    connection: duckdb.DuckDBPyConnection, since_ms: int = 0, read: Read = feature_file
) -> None:
    """
    Fill the table `recomputed_features` from `stored_payments`.

    :param since_ms: leave out older payments, which are there as history only.
    :param read: gives a feature file's text.
    :raises SwipestreamError: DuckDB refuses a file; names it.
    """
    for view in VIEWS:
        connection.execute(f"DROP VIEW IF EXISTS {view}")
    for file, statement in statements(read):
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            raise SwipestreamError(
                f"sql/{file}.sql does not run in DuckDB: {str(error).splitlines()[0]}",
                "keep to what Flink, DuckDB and PostgreSQL all read",
            ) from None
    names = ", ".join(RECOMPUTED)
    connection.execute(
        f"CREATE OR REPLACE TABLE recomputed_features AS SELECT transaction_id, {names} "
        f"FROM payment_features WHERE event_ms >= {int(since_ms)}"
    )
