"""Recompute the features in PostgreSQL, on a sample: views and tables are temporary."""

import re
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from swipestream.errors import SwipestreamError
from swipestream.verify.parity.columns import RECOMPUTED, STORED
from swipestream.verify.parity.duckdb_engine import LEFT_OUT, MADE
from swipestream.verify.parity.feature_views import Read, sql_text, statements
from swipestream.verify.parity.stored_payments import NULL

_COUNT_DISTINCT = re.compile(r"\bCOUNT\(DISTINCT ([a-z_][a-z0-9_]*)\) OVER\b")


def for_postgres(statement: str) -> str:
    """
    The same SQL with the one function PostgreSQL lacks replaced by ours.

    PostgreSQL has no `COUNT(DISTINCT x) OVER`; the aggregate `count_distinct(x)` of the migrations
    does the same. Nothing else is changed.
    """
    return _COUNT_DISTINCT.sub(r"count_distinct(\1) OVER", statement)


def recompute(
    postgres: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    read: Read = sql_text,
) -> int:
    """
    Fill the DuckDB table `recomputed_features` from its table `stored_payments`, by PostgreSQL.

    :param postgres: in autocommit mode; all that is made there goes with the transaction.
    :param folder: for temporary files.
    :param read: gives a file's text.
    :return: payments left out, as by DuckDB.
    :raises SwipestreamError: PostgreSQL refuses a file; names it.
    """
    stored, features = folder / "to_postgres.csv", folder / "from_postgres.csv"
    connection.execute(
        f"COPY (SELECT {', '.join(STORED)}, is_compared FROM stored_payments) TO '{stored}' "
        f"(FORMAT csv, HEADER false, NULLSTR '{NULL}')"
    )
    names = sql.SQL(", ").join(map(sql.Identifier, STORED))
    with postgres.transaction(force_rollback=True), postgres.cursor() as cursor:
        # Same names as in the schema, so the temporary ones must be found first.
        cursor.execute("SET LOCAL search_path = pg_temp, public")
        cursor.execute("SET LOCAL client_min_messages = warning")
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE stored_payments AS "
                "SELECT {}, TRUE AS is_compared FROM scored_payments WITH NO DATA"
            ).format(names)
        )
        load = sql.SQL("COPY stored_payments FROM STDIN (FORMAT csv, NULL {})").format(NULL)
        with stored.open("rb") as file, cursor.copy(load) as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        cursor.execute("CREATE UNIQUE INDEX ON stored_payments (transaction_id, card_id)")
        cursor.execute("ANALYZE stored_payments")
        for file_name, statement in statements(read):
            try:
                cursor.execute(for_postgres(statement).encode())
            except psycopg.Error as error:
                raise SwipestreamError(
                    f"sql/{file_name}.sql does not run in PostgreSQL: "
                    f"{str(error).strip().splitlines()[0]}",
                    "keep to what Flink, DuckDB and PostgreSQL all read",
                ) from None
            for kind, name in MADE.findall(statement):
                if kind == "TABLE":
                    cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
        found = cursor.execute(LEFT_OUT).fetchone()
        fetch = sql.SQL(
            "COPY (SELECT transaction_id, true_card_id, {} FROM payment_features) "
            "TO STDOUT (FORMAT csv, NULL {})"
        ).format(sql.SQL(", ").join(map(sql.Identifier, RECOMPUTED)), NULL)
        with features.open("wb") as file, cursor.copy(fetch) as copy:
            for row in copy:
                file.write(row)
    columns = {"transaction_id": "VARCHAR", "card_id": "VARCHAR"} | RECOMPUTED
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE recomputed_features ({declared})")
    if features.stat().st_size:
        connection.execute(
            "INSERT INTO recomputed_features SELECT * FROM read_csv(?, header = false, "
            "delim = ',', quote = '\"', escape = '\"', auto_detect = false, nullstr = ?, "
            f"columns = {columns})",
            [str(features), NULL],
        )
    stored.unlink()
    features.unlink()
    return int(found[0]) if found else 0
