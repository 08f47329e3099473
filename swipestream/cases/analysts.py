"""Who may use the desk: analysts are added, changed and closed, never deleted."""

import re
from dataclasses import dataclass
from datetime import datetime

from psycopg import errors

from swipestream.card_numbers import holds_card_number
from swipestream.cases import passwords
from swipestream.cases.errors import AnalystError
from swipestream.cases.events import note_event
from swipestream.cases.rows import Connection, fetch_all, fetch_one
from swipestream.database.locks import Lock

# viewer: reads. analyst: works on cases. lead: reopens cases, looks after analysts.
ROLES = ("analyst", "lead", "viewer")
LOGIN = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")

ADD = "INSERT INTO analysts (login, password_hash, role, made_by) VALUES (%s, %s, %s, %s)"
LIST = """
SELECT login, role, made_by, made_at, closed_at, failed_count,
    CASE WHEN locked_until > CLOCK_TIMESTAMP() THEN locked_until END AS locked_until
FROM analysts
ORDER BY closed_at IS NOT NULL, login
"""
LOCK = "SELECT role, closed_at FROM analysts WHERE login = %s FOR UPDATE"
# Leads are closed or lose their role one after another, so that the last one is known.
LOCK_LEADS = f"SELECT pg_advisory_xact_lock({Lock.LEADS:d})"
LEADS = """
SELECT COUNT(*) AS others
FROM analysts
WHERE role = 'lead' AND closed_at IS NULL AND login <> %s
"""
SET_PASSWORD = """
UPDATE analysts
SET password_hash = %s, failed_count = 0, locked_until = NULL
WHERE login = %s
"""
SET_ROLE = "UPDATE analysts SET role = %s WHERE login = %s"
UNLOCK = "UPDATE analysts SET failed_count = 0, locked_until = NULL WHERE login = %s"
CLOSE = "UPDATE analysts SET closed_at = CLOCK_TIMESTAMP() WHERE login = %s"
END_SESSIONS = """
UPDATE analyst_sessions
SET ended_at = CLOCK_TIMESTAMP()
WHERE login = %s AND ended_at IS NULL AND token_hash <> %s
"""


@dataclass(frozen=True)
class Analyst:
    """
    Somebody who may use the desk, or could once.

    :param closed_at: since when not any more; None: still.
    :param locked_until: after too many wrong passwords; None: not, or not any more.
    """

    login: str
    role: str
    made_by: str
    made_at: datetime
    closed_at: datetime | None
    failed_count: int
    locked_until: datetime | None


def add(connection: Connection, login: str, role: str, password: str, by: str) -> None:
    """
    Let somebody in.

    :param connection: in no transaction.
    :param by: who does that.
    :raises AnalystError: the login cannot be used or is taken, or the password is too short.
    """
    if not LOGIN.match(login) or holds_card_number(login):
        raise AnalystError(
            f"{login[:60]} cannot be a login",
            "use 1 to 40 of a-z, 0-9 and -, beginning with a letter",
        )
    check_role(role)
    digest = passwords.hashed(password)
    try:
        with connection.transaction():
            connection.execute(ADD, [login, digest, role, by])
            note_event(
                connection, "account", by, after={"login": login, "role": role, "did": "added"}
            )
    except errors.UniqueViolation:
        raise AnalystError(
            f"there is an analyst {login}", "choose another login: closed ones keep theirs"
        ) from None


def analysts(connection: Connection) -> list[Analyst]:
    """All, those who still may use the desk first."""
    return [Analyst(**row) for row in fetch_all(connection, LIST)]


def set_password(
    connection: Connection, login: str, password: str, by: str, keep_session: str = ""
) -> None:
    """
    Give somebody another password and end the sessions begun with the old one.

    :param keep_session: the hash of a session that goes on.
    :raises AnalystError: there is no such analyst, or the password is too short.
    """
    digest = passwords.hashed(password)
    with connection.transaction():
        _present(connection, login)
        connection.execute(SET_PASSWORD, [digest, login])
        connection.execute(END_SESSIONS, [login, keep_session])
        note_event(connection, "account", by, after={"login": login, "did": "password changed"})


def set_role(connection: Connection, login: str, role: str, by: str) -> None:
    """
    :raises AnalystError: there is no such analyst or role, or it was the last lead's.
    """
    check_role(role)
    with connection.transaction():
        connection.execute(LOCK_LEADS)
        before = _present(connection, login)
        if before == "lead" and role != "lead":
            _another_lead(connection, login)
        connection.execute(SET_ROLE, [role, login])
        note_event(
            connection,
            "account",
            by,
            before={"login": login, "role": before},
            after={"login": login, "role": role, "did": "role changed"},
        )


def unlock(connection: Connection, login: str, by: str) -> None:
    """
    Let somebody try again who had too many wrong passwords.

    :raises AnalystError: there is no such analyst.
    """
    with connection.transaction():
        _present(connection, login)
        connection.execute(UNLOCK, [login])
        note_event(connection, "account", by, after={"login": login, "did": "unlocked"})


def close(connection: Connection, login: str, by: str) -> None:
    """
    Keep somebody out from now on; what they wrote stays.

    :raises AnalystError: there is no such analyst, or it was the last lead.
    """
    with connection.transaction():
        connection.execute(LOCK_LEADS)
        if _present(connection, login) == "lead":
            _another_lead(connection, login)
        connection.execute(CLOSE, [login])
        connection.execute(END_SESSIONS, [login, ""])
        note_event(connection, "account", by, after={"login": login, "did": "closed"})


def check_role(role: str) -> None:
    """:raises AnalystError: there is no such role."""
    if role not in ROLES:
        raise AnalystError(f"{role[:60]} is not a role", f"use {', '.join(ROLES)}")


def _present(connection: Connection, login: str) -> str:
    """:return: the role of somebody who may use the desk, kept until the transaction ends."""
    row = fetch_one(connection, LOCK, [login])
    if row is None or row["closed_at"] is not None:
        raise AnalystError(
            f"no analyst {login[:60]} may use the desk", "see `swipestream analyst list`"
        )
    return str(row["role"])


def _another_lead(connection: Connection, login: str) -> None:
    row = fetch_one(connection, LEADS, [login])
    if row is None or row["others"] == 0:
        raise AnalystError(f"{login} is the last lead", "make somebody else a lead first")
