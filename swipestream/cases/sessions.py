"""Signing in and out of the desk, and who a browser is."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from swipestream.cases import passwords
from swipestream.cases.analysts import LOGIN
from swipestream.cases.events import note_event
from swipestream.cases.rows import Connection, fetch_one

# So many wrong passwords in a row, and nobody gets in with that login for so many minutes.
MOST_FAILED, LOCKED_MINUTES = 5, 15
SESSION_HOURS = 12
TOKEN_BYTES = 32

FIND = """
SELECT login, password_hash, role, closed_at, failed_count,
    locked_until > CLOCK_TIMESTAMP() AS is_locked
FROM analysts
WHERE login = %s
FOR UPDATE
"""
FAILED = """
UPDATE analysts
SET
    failed_count = CASE WHEN failed_count + 1 >= %(most)s THEN 0 ELSE failed_count + 1 END,
    locked_until = CASE
        WHEN failed_count + 1 >= %(most)s
            THEN CLOCK_TIMESTAMP() + %(minutes)s * INTERVAL '1 minute'
    END
WHERE login = %(login)s
RETURNING locked_until IS NOT NULL AS is_locked
"""
SUCCEEDED = "UPDATE analysts SET failed_count = 0, locked_until = NULL WHERE login = %s"
BEGIN = """
INSERT INTO analyst_sessions (token_hash, login, expires_at)
VALUES (%s, %s, CLOCK_TIMESTAMP() + %s * INTERVAL '1 hour')
"""
WHO = """
SELECT s.login, a.role, s.expires_at
FROM analyst_sessions AS s
INNER JOIN analysts AS a ON s.login = a.login
WHERE
    s.token_hash = %s
    AND s.ended_at IS NULL
    AND s.expires_at > CLOCK_TIMESTAMP()
    AND a.closed_at IS NULL
"""
END = """
UPDATE analyst_sessions
SET ended_at = CLOCK_TIMESTAMP()
WHERE token_hash = %s AND ended_at IS NULL
RETURNING login
"""


@dataclass(frozen=True)
class Person:
    """
    Who sits at a browser.

    :param role: as it is now, also in a session that began with another one.
    """

    login: str
    role: str
    expires_at: datetime

    @property
    def may_work(self) -> bool:
        """Whether they may change cases."""
        return self.role in ("analyst", "lead")

    @property
    def is_lead(self) -> bool:
        """Whether they may reopen cases and look after analysts."""
        return self.role == "lead"


def sign_in(connection: Connection, login: str, password: str) -> str | None:
    """
    Begin a session.

    :param connection: its transaction must be committed also if nobody gets in.
    :return: the token for the browser, which is not kept; None if nobody gets in.
    """
    with connection.transaction():
        if not is_let_in(connection, login, password):
            return None
        token = new_token()
        connection.execute(BEGIN, [hash_of(token), login, SESSION_HOURS])
        note_event(connection, "signed in", login)
    return token


def is_let_in(connection: Connection, login: str, password: str) -> bool:
    """
    Whether login and password belong together, and there were not too many tries.

    A wrong one is counted, and after `MOST_FAILED` in a row nobody gets in for a while.

    :param connection: its transaction must be committed also if nobody gets in.
    """
    with connection.transaction():
        row = fetch_one(connection, FIND, [login]) if LOGIN.match(login) else None
        is_open = row is not None and row["closed_at"] is None
        is_right = passwords.is_right(password, row["password_hash"] if row and is_open else None)
        if row is None or not is_open:
            return False
        if row["is_locked"]:
            # Not even with the right password, or tries would tell which one it is.
            return False
        if not is_right:
            values = {"most": MOST_FAILED, "minutes": LOCKED_MINUTES, "login": login}
            failed = fetch_one(connection, FAILED, values)
            note_event(connection, "sign-in refused", login, after={"because": "wrong password"})
            if failed and failed["is_locked"]:
                note_event(connection, "locked", login, after={"minutes": LOCKED_MINUTES})
            return False
        connection.execute(SUCCEEDED, [login])
    return True


def who(connection: Connection, token: str) -> Person | None:
    """
    Whose session a browser's token is of; None if it is over, or never was.

    :param token: as the browser sent it.
    """
    row = fetch_one(connection, WHO, [hash_of(token)]) if token else None
    return Person(**row) if row else None


def sign_out(connection: Connection, token: str) -> None:
    """End a session, if it is one."""
    with connection.transaction():
        row = fetch_one(connection, END, [hash_of(token)])
        if row:
            note_event(connection, "signed out", row["login"])


def hash_of(token: str) -> str:
    """A token as the database keeps it."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def form_key(token: str) -> str:
    """
    What a form of this browser's pages must send, which no other site can know.

    :param token: of the browser; it does not follow from the result.
    """
    return hashlib.sha256(b"form of " + token.encode("utf-8", "surrogateescape")).hexdigest()


def new_token() -> str:
    """For a browser: of a session, or of one that is still to sign in."""
    return secrets.token_urlsafe(TOKEN_BYTES)
