"""Who may do what in the database: users made once, rights granted again after every migration.

The rights of each user are a file in sql/postgres/grants, named after the user. What a file does
not give is taken away, so a new table is nobody's but the owner's until a file names it.
"""

from pathlib import Path

import psycopg
from psycopg import sql

from swipestream.database.locks import Lock
from swipestream.errors import MigrationError
from swipestream.settings import REPO_ROOT, DatabaseSettings

ROLES_FILE = REPO_ROOT / "sql" / "postgres" / "roles.sql"
GRANTS_DIR = REPO_ROOT / "sql" / "postgres" / "grants"
OWNED = """
SELECT oid::regclass::text
FROM pg_class
WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    AND relnamespace IN (CURRENT_SCHEMA()::regnamespace, TO_REGNAMESPACE('dashboards'))
    AND relowner = CURRENT_USER::regrole
ORDER BY 1
"""
EXISTING = "SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s) ORDER BY 1"
STREAM_WRITES = (
    *("scored_payments", "alerts", "rejected_payments", "duplicate_payments"),
    *("conflicting_payments", "labels", "rejected_labels", "merchant_payment_counts"),
    *("merchant_labels", "merchant_risk", "merchant_risk_hours"),
)
STREAM_RIGHTS = """
SELECT
    CURRENT_USER::text,
    STRING_AGG(name, ', ') FILTER (
        WHERE NOT (
            has_table_privilege(name, 'SELECT')
            AND has_table_privilege(name, 'INSERT')
            AND has_table_privilege(name, 'UPDATE')
        )
    ),
    BOOL_OR(has_table_privilege(name, 'DELETE'))
FROM UNNEST(%(tables)s::text[]) AS name
"""


def role_names(folder: Path = GRANTS_DIR) -> list[str]:
    """The users there are rights for."""
    return sorted(path.stem for path in folder.glob("*.sql"))


def ensure_roles(settings: DatabaseSettings, admin_url: str) -> None:
    """
    Make the users of the embedded database, or bring their passwords and limits up to date.

    :param admin_url: of the database, for its superuser.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute(sql.SQL(ROLES_FILE.read_text()))  # type: ignore[arg-type]
        for role in role_names():
            set_password(connection, role, settings.role_password(role))


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a user a password, hashed here so that not even a statement log could show it."""
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), hashed)
    )


def grant(url: str, folder: Path = GRANTS_DIR) -> list[str]:
    """
    Give each user exactly the rights of its file, all at once; users that do not exist are skipped.

    :param url: of the database, for the owner of its tables.
    :return: the users that exist.
    :raises MigrationError: Postgres refused a file.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.SCHEMA,))
        roles = existing(connection, folder)
        relations = connection.execute(OWNED).fetchall() if roles else []
        for (relation,) in relations:
            for role in roles:
                connection.execute(
                    sql.SQL("REVOKE ALL ON {} FROM {}").format(
                        # Quoted already where it must be.
                        sql.SQL(relation),
                        sql.Identifier(role),
                    )
                )
        for role in roles:
            path = folder / f"{role}.sql"
            try:
                connection.execute(sql.SQL(path.read_text()))  # type: ignore[arg-type]
            except psycopg.Error as error:
                message = str(error).strip().splitlines()[0]
                raise MigrationError(
                    f"{path.relative_to(folder.parent)} failed: {message}",
                    "no rights were changed; fix the file and run `swipestream up` again",
                ) from None
    return roles


def existing(connection: psycopg.Connection, folder: Path = GRANTS_DIR) -> list[str]:
    """Which of the users the server has."""
    rows = connection.execute(EXISTING, (role_names(folder),)).fetchall()
    return [str(row[0]) for row in rows]


def of_the_stream(connection: psycopg.Connection) -> tuple[str, str, bool]:
    """
    What the job's user may do.

    :param connection: of that user.
    :return: its name, the tables it may not write, and whether it could do anything with them.
    """
    row = connection.execute(STREAM_RIGHTS, {"tables": list(STREAM_WRITES)}).fetchone()
    assert row is not None
    return str(row[0]), str(row[1] or ""), bool(row[2])
