"""Who may ask what, and how often."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from serving.decisions.refusal import RefusalError

BEARER = "Bearer "
_HOW = "send the header Authorization: Bearer SECRET; `swipestream api-key create` makes one"


@dataclass(frozen=True)
class Key:
    """
    A key in force.

    :param scopes: of decide, read, label.
    """

    name: str
    secret_hash: str
    scopes: frozenset[str]
    rate: RateLimitItemPerSecond


class Keys:
    """The keys in force, and how often each was used in this second."""

    def __init__(self) -> None:
        self._keys: list[Key] | None = None
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """
        Accept these keys from now on.

        :param rows: of sql/postgres/queries/api_keys.sql.
        """
        self._keys = [
            Key(
                row["name"],
                row["secret_hash"],
                frozenset(row["scopes"]),
                RateLimitItemPerSecond(row["requests_per_second"]),
            )
            for row in rows
        ]

    @property
    def are_known(self) -> bool:
        """Whether the database has said which keys there are."""
        return self._keys is not None

    def check(self, header: str, scope: str) -> Key:
        """
        :param header: Authorization, as sent; empty if it was not.
        :param scope: that the request needs.
        :raises RefusalError: no key, another scope, or too many requests in this second.
        """
        if self._keys is None:
            raise RefusalError(
                "no API key is known yet",
                "the database has not answered since the start",
                status=503,
            )
        key = self._found(header)
        if key is None:
            raise RefusalError("the API key is missing, wrong or revoked", _HOW, status=401)
        if scope not in key.scopes:
            raise RefusalError(
                f"the API key has no scope {scope}",
                f"make one with `swipestream api-key create NAME --scope {scope}`",
                status=403,
            )
        if not self._limiter.hit(key.rate, key.name):
            raise RefusalError(
                f"the API key may ask {key.rate.amount} times a second",
                "ask again in a second, or make a key with a higher --rate",
                status=429,
            )
        return key

    def _found(self, header: str) -> Key | None:
        if not header.startswith(BEARER):
            return None
        sent = secret_hash(header.removeprefix(BEARER).strip())
        found = None
        # All of them, so that the time taken tells nothing.
        for key in self._keys or ():
            if hmac.compare_digest(sent, key.secret_hash):
                found = key
        return found


def secret_hash(secret: str) -> str:
    """As the table keeps it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
