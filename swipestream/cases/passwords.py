"""Passwords of analysts: made, hashed, compared. Only hashes are kept."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from swipestream.cases.errors import AnalystError

SHORTEST, LONGEST = 12, 200
# Without letters and digits that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5
# Argon2id as RFC 9106 (second choice) has it: 64 MiB, three passes, four lanes.
_HASHER = PasswordHasher()
# Of a password that nobody knows: who tries an unknown login waits as long as for a known one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


def made() -> str:
    """A new password of about 99 bits, in groups that can be read out."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(password: str) -> str:
    """
    :param password: as it was typed.
    :return: Argon2id, with its parameters and salt.
    :raises AnalystError: too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AnalystError(
            f"the password has {len(password)} characters",
            f"use {SHORTEST} to {LONGEST}",
        )
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """
    Whether a password is the one that was hashed; takes as long if there is none.

    :param kept: what `hashed` returned; None if nobody has that login.
    """
    try:
        _HASHER.verify(kept or _NOBODY, password[: LONGEST + 1])
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return kept is not None
