"""Opening the database for a command that reads or repairs."""

import psycopg
from psycopg.rows import TupleRow

from swipestream.errors import ServiceError
from swipestream.settings import DatabaseSettings

Database = psycopg.Connection[TupleRow]


def open_database(settings: DatabaseSettings) -> Database:
    """:raises ServiceError: it does not answer."""
    try:
        return psycopg.connect(settings.postgres_url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise ServiceError(
            f"the database does not answer: {str(error).strip().splitlines()[-1]}",
            "run `swipestream up`, or set DATABASE_URL",
        ) from None
