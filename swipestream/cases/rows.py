"""Rows by the names of their columns, whatever else a connection returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

# Of the command line, of a follower or of the desk: each has another shape of rows.
Connection = psycopg.Connection[Any]
Row = dict[str, Any]
Values = Mapping[str, Any] | Sequence[Any]


def fetch_all(connection: Connection, statement: str | bytes, values: Values = ()) -> list[Row]:
    """What a query returns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchall()  # type: ignore[arg-type]


def fetch_one(connection: Connection, statement: str | bytes, values: Values = ()) -> Row | None:
    """Its first row; None if there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchone()  # type: ignore[arg-type]
