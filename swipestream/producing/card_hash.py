"""Card numbers end here: a keyed hash goes on, the number does not."""

import hashlib
import hmac
import re

from swipestream.producing.errors import CardKeyError, UnmappableError
from swipestream.settings import Settings
from swipestream.stack.generated_secrets import ensure_secrets

SHORTEST_KEY = 16
PLACEHOLDERS = ("change", "placeholder", "example", "your", "secret", "password", "todo", "xxx")
HASH_DIGITS = 32
CARD_NUMBER = re.compile(r"[0-9]{12,19}\Z")
# Any run long enough to be a card number, however it is written.
DIGIT_RUN = re.compile(r"\d(?:[ \-.]?\d){11,}")
# What spreadsheets make of long numbers.
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}")


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

    :raises UnmappableError: not 12 to 19 digits.
    """
    digits = number.replace(" ", "").replace("-", "").removesuffix(".0")
    if not CARD_NUMBER.match(digits):
        raise UnmappableError("the card number is not 12 to 19 digits")
    return digits


def checked_key(settings: Settings) -> str:
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


def masked(text: str) -> str:
    """The text without anything that could be a card number: `****` and its last four digits."""
    text = SCIENTIFIC.sub("****", text)
    return DIGIT_RUN.sub(lambda match: "****" + match[0][-4:], text)
