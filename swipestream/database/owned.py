"""The databases of the embedded server and who owns them: made once, passwords kept up to date."""

import psycopg
from psycopg import sql

from swipestream.database import roles
from swipestream.settings import OWNER, SUPERSET, DashboardSettings, DatabaseSettings
from swipestream.stack import postgres


def ensure_database(settings: DatabaseSettings) -> None:
    """Create the database and its users, or bring their passwords up to date."""
    with psycopg.connect(postgres.admin_url(settings), autocommit=True) as connection:
        ensure_owned(connection, OWNER, settings.role_password(OWNER))
    roles.ensure_roles(settings, postgres.admin_url(settings, OWNER))


def ensure_superset_database(settings: DashboardSettings) -> None:
    """The same for Superset's own tables; no other user may connect."""
    with psycopg.connect(postgres.admin_url(settings), autocommit=True) as connection:
        ensure_owned(connection, SUPERSET, settings.superset_database_password)
        connection.execute(f"ALTER ROLE {SUPERSET} CONNECTION LIMIT 20")
        connection.execute(f"REVOKE ALL ON DATABASE {SUPERSET} FROM PUBLIC")


def ensure_owned(connection: psycopg.Connection, name: str, password: str) -> None:
    """
    Create a user and a database of the same name that is its own.

    :param connection: of the superuser, in no transaction.
    """
    identifier = sql.Identifier(name)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(identifier))
    roles.set_password(connection, name, password)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(identifier))
