"""Opening the database: for a command that reads or repairs, and for what runs all the time."""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from swipestream.errors import ServiceError
from swipestream.settings import DatabaseSettings

Database = psycopg.Connection[TupleRow]

# A host that falls silent is an error within half a minute; libpq alone waits for hours.
# Source: https://www.postgresql.org/docs/current/libpq-connect.html
LIMITS: dict[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds; the others are seconds
}


def connect(url: str, *, autocommit: bool = False) -> Database:
    """
    Connect to a database in such a way that a silent host ends the wait.

    :param url: of the database; what it says itself comes before `LIMITS`.
    :raises psycopg.OperationalError: it does not answer.
    """
    limits = {name: str(value) for name, value in LIMITS.items()}
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return psycopg.connect(make_conninfo(**(limits | given)), autocommit=autocommit)


def open_database(settings: DatabaseSettings) -> Database:
    """:raises ServiceError: it does not answer."""
    try:
        return connect(settings.postgres_url, autocommit=True)
    except psycopg.OperationalError as error:
        # The last line says more than the first, which names the host.
        last = next(reversed(str(error).strip().splitlines()), "no reason given")
        raise ServiceError(
            f"the database does not answer: {last}",
            "run `swipestream up`, or set DATABASE_URL",
        ) from None
