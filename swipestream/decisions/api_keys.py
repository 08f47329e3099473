"""Keys of the decision API: made, listed and revoked in the database."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import psycopg

from swipestream.decisions.errors import ApiKeyError
from swipestream.models.bundles import current_user

# So that a scan for secrets knows one.
SECRET_BEGIN = "swk_"
SECRET_BYTES = 32
NAME = re.compile(r"[a-z0-9-]{1,40}")

ADD = """
INSERT INTO api_keys (name, secret_hash, scopes, requests_per_second, made_by)
VALUES (%s, %s, %s, %s, %s)
"""
LIST = """
SELECT name, scopes, requests_per_second, made_by, made_at, revoked_at
FROM api_keys
ORDER BY made_at
"""
REVOKE = "UPDATE api_keys SET revoked_at = CLOCK_TIMESTAMP() WHERE name = %s AND revoked_at IS NULL"


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret, which nobody has."""

    name: str
    scopes: tuple[str, ...]
    requests_per_second: int
    made_by: str
    made_at: datetime
    revoked_at: datetime | None


def create(
    connection: psycopg.Connection, name: str, scopes: tuple[str, ...], requests_per_second: int
) -> str:
    """
    Make a key.

    :param connection: of the tables' owner.
    :param name: what logs and labels call it.
    :param scopes: of swipestream/decisions/scopes.py.
    :return: its secret, which is not kept.
    :raises ApiKeyError: the name cannot be used, or is taken.
    """
    if not NAME.fullmatch(name):
        raise ApiKeyError(f"{name[:60]} cannot name an API key", "use 1 to 40 of a-z, 0-9 and -")
    secret = SECRET_BEGIN + secrets.token_urlsafe(SECRET_BYTES)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    try:
        with connection.transaction():
            connection.execute(
                ADD, [name, digest, list(scopes), requests_per_second, current_user()]
            )
    except psycopg.errors.UniqueViolation:
        raise ApiKeyError(
            f"there is an API key {name}", "choose another name: revoked ones keep theirs"
        ) from None
    return secret


def keys(connection: psycopg.Connection) -> list[ApiKey]:
    """All that were ever made, the oldest first."""
    return [ApiKey(row[0], tuple(row[1]), *row[2:]) for row in connection.execute(LIST).fetchall()]


def revoke(connection: psycopg.Connection, name: str) -> None:
    """
    Let a key be refused from now on; the API notices within seconds.

    :raises ApiKeyError: there is none of that name in force.
    """
    if connection.execute(REVOKE, [name]).rowcount == 0:
        raise ApiKeyError(f"no API key {name} is in force", "see `swipestream api-key list`")
