"""The desk's connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from swipestream.cases.rows import Row, Values, fetch_all, fetch_one
from swipestream.database.queries import query

CONNECTIONS = 10
CONNECT_SECONDS = 3
# What was sent and not confirmed by then is lost with its connection.
VANISHED_SECONDS = 10
# Also those of a database that is not ours, where nobody has set them for the user.
OPTIONS = (
    "-c jit=off -c statement_timeout=10s -c lock_timeout=5s "
    "-c idle_in_transaction_session_timeout=15s -c TimeZone=UTC"
)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)

Connection = psycopg.Connection[dict[str, Any]]


class Database:
    """A few connections for all pages; each page has one for as long as it takes."""

    def __init__(self, url: str) -> None:
        """:param url: of the user of sql/postgres/grants/swipestream_desk.sql."""
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            timeout=CONNECT_SECONDS,
            # One that died is replaced before a page gets it.
            check=ConnectionPool.check_connection,
            kwargs={
                "row_factory": dict_row,
                "options": OPTIONS,
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "swipestream desk",
                "keepalives": 1,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": VANISHED_SECONDS * 1000,
            },
        )

    def open(self) -> None:
        """Connect in the background."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """
        A connection in a transaction that ends with the block.

        :raises psycopg.Error: one of `AWAY` if the database is not there.
        """
        with self._pool.connection() as connection:
            yield connection

    def rows(self, name: str, values: Values = ()) -> list[Row]:
        """:param name: of a file in sql/postgres/queries."""
        with self.connection() as connection:
            return fetch_all(connection, query(name), values)

    def row(self, name: str, values: Values = ()) -> Row | None:
        """The first row; None if there is none."""
        with self.connection() as connection:
            return fetch_one(connection, query(name), values)
