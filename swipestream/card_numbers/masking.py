"""Mask card numbers in what is kept or shown."""

import re

from swipestream.card_numbers.finding import card_numbers

SHOWN_DIGITS = 4
HIDDEN = "****"
# Any row long enough to be a card number, whatever its first digits.
_LONG_NUMBER = re.compile(r"\d(?:[ \-.]?\d){11,}")
# What spreadsheets make of long numbers.
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
_MANY_HIDDEN = re.compile(r"\*{5,}")
_NUMBER_AT_END = re.compile(r"[\W\d_]+\Z")


def mask_card_numbers(payload: bytes) -> bytes:
    """
    Replace all but the last four digits of anything that could be a card number.

    :param payload: any bytes, text or not.
    :return: bytes of the same length: as many asterisks as a digit has bytes, escaped or not.
    """
    text = payload.decode("utf-8", "surrogateescape")
    hidden = _hidden(text)
    if not hidden:
        return payload
    letters = list(text)
    for place in hidden:
        letters[place] = "*" * len(letters[place].encode("utf-8", "surrogateescape"))
    return "".join(letters).encode("utf-8", "surrogateescape")


def mask_in_text(text: str) -> str:
    """The same for a value: a text of the same length."""
    return _starred(text, _hidden(text))


def _starred(text: str, hidden: set[int]) -> str:
    return "".join("*" if place in hidden else letter for place, letter in enumerate(text))


def masked(text: str, most: int | None = None) -> str:
    """
    A text for messages and logs, without card numbers and whatever else has as many digits.

    A number in a column of card numbers is secret even if it is none, and here a false alarm costs
    nothing.

    :param most: of a longer text the first so many characters, without a number that ends there:
        what is left of a card number is not known as one.
    :return: `****` and the last four digits instead of each number.
    """
    if most is not None and len(text) > most:
        text = _NUMBER_AT_END.sub("", text[:most])
    text = _SCIENTIFIC.sub(HIDDEN, mask_in_text(text))
    text = _LONG_NUMBER.sub(lambda match: HIDDEN + match[0][-SHOWN_DIGITS:], text)
    return _MANY_HIDDEN.sub(HIDDEN, text)


def _hidden(text: str) -> set[int]:
    """The characters to mask."""
    hidden: set[int] = set()
    while True:
        found = {
            place
            for digits in card_numbers(text)
            for start, end in digits[:-SHOWN_DIGITS]
            for place in range(start, end)
        }
        if found <= hidden:
            return hidden
        hidden |= found
        # What is beside a masked number may be one only now that it stands alone.
        text = _starred(text, hidden)
