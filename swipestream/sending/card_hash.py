"""Card numbers end here: a keyed hash goes on, the number does not."""

import hashlib
import hmac
import re
import struct
from typing import Any

from swipestream.sending.errors import CardKeyError, UnmappableError
from swipestream.settings import HomeSettings
from swipestream.stack.generated_secrets import ensure_secrets

SHORTEST_KEY = 16
PLACEHOLDERS = ("change", "placeholder", "example", "your", "secret", "password", "todo", "xxx")
HASH_DIGITS = 32
CARD_NUMBER = re.compile(r"[0-9]{12,19}\Z")
# Beyond it, doubles leave whole numbers out.
MOST_EXACT = 2.0**53
NOT_EXACT = "a number above 2^53 that is stored as a DOUBLE is not exact"
LEAST_CARD_NUMBER = 10**11


class CardHasher:
    """Turns card numbers into `card_id`s; the same number always into the same one."""

    def __init__(self, key: str) -> None:
        """:param key: of the HMAC."""
        self._key = key.encode()
        # A file has far fewer cards than rows. Kept in memory only.
        self._known: dict[str, str] = {}

    def card_id(self, number: str) -> str:
        """
        32 hexadecimal digits for a card number.

        :param number: 12 to 19 digits; spaces and dashes are left out.
        :raises UnmappableError: no card number.
        """
        known = self._known.get(number)
        if known is None:
            digits = card_digits(number).encode()
            known = hmac.new(self._key, digits, hashlib.sha256).hexdigest()[:HASH_DIGITS]
            self._known[number] = known
        return known


def card_digits(number: str) -> str:
    """
    The digits of a card number.

    :raises UnmappableError: not 12 to 19 digits, or written by somebody who had it as DOUBLE and
        lost digits.
    """
    digits = number.replace(" ", "").replace("-", "")
    whole = digits.removesuffix(".0")
    if not CARD_NUMBER.match(whole):
        raise UnmappableError("the card number is not 12 to 19 digits")
    if whole != digits and int(whole) > MOST_EXACT:
        raise UnmappableError(NOT_EXACT)
    return whole


def check_is_exact(value: Any) -> None:
    """
    Refuse a number whose digits its column cannot hold.

    :param value: as the file's format gives it.
    :raises UnmappableError: a FLOAT of so many digits.
    """
    if not isinstance(value, float):
        return
    # Of numbers with 12 digits and more, hardly any is one of these by chance.
    if abs(value) >= LEAST_CARD_NUMBER and value == struct.unpack("f", struct.pack("f", value))[0]:
        raise UnmappableError("a number of so many digits that is stored as a FLOAT is not exact")


def checked_key(settings: HomeSettings) -> str:
    """
    The key to hash card numbers with, made and kept in secrets.env if there is none.

    :raises CardKeyError: too short, or a placeholder.
    """
    key = settings.card_hash_key or ensure_secrets(settings).card_hash_key
    lower = key.lower()
    if len(key) < SHORTEST_KEY or any(word in lower for word in PLACEHOLDERS):
        raise CardKeyError(
            "CARD_HASH_KEY is a placeholder or shorter than 16 characters",
            "set it to a long random text, or leave it out and one is made in "
            f"{settings.secrets_file}",
        )
    return key
