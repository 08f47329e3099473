"""Find and mask card numbers, which must not get past the edge of the system."""

import re
from collections.abc import Iterator, Sequence

# A digit, or its escape in JSON, and what people and formats put between the digits of a card
# number: spaces, dashes, dots, and the zero bytes of UTF-16.
_DIGIT = rb"(?:[0-9]|\\u003[0-9])"
_GAP = (
    rb"(?:[ \t._:/\x00-]|\xc2\xa0|\xe2\x80[\x80-\x95\xaf]"
    rb"|\\u00(?:20|2[dDeE]|[aA]0)|\\u20(?:0[0-9a-fA-F]|1[0-5]|2[fF])){0,3}"
)
_RUN = re.compile(rb"%b(?:%b%b){12,}" % (_DIGIT, _GAP, _DIGIT))
_ANY_DIGIT = re.compile(rb"[0-9]")
_DIGITS = re.compile(rb"\\u003([0-9])|([0-9])")
SHORTEST, LONGEST = 13, 19
# A row of digits with gaps that has more bytes is taken for card numbers all over.
MOST_LOOKED_AT = 600
# By their first digits (ISO/IEC 7812-1); times in milliseconds and dates begin with others. Of 13
# digits there are only old ones that begin with 4.
_ISSUED = re.compile(rb"4[0-9]{12}|1[0-9]{14}|(?:[3-68]|2[2-7]|97)[0-9]+")


def is_luhn_valid(digits: bytes) -> bool:
    """Whether the digits pass the check that every card number passes (ISO/IEC 7812-1, annex B)."""
    doubled = [2 * digit - 9 * (digit > 4) for digit in (byte - 48 for byte in digits[-2::-2])]
    return (sum(doubled) + sum(byte - 48 for byte in digits[::-2])) % 10 == 0


def could_be_card_number(digits: bytes) -> bool:
    """Whether these could be the digits of a card number: first digits, length and check."""
    if not SHORTEST <= len(digits) <= LONGEST or not _ISSUED.fullmatch(digits):
        return False
    return (len(digits) > SHORTEST or digits[:1] == b"4") and is_luhn_valid(digits)


def card_numbers(payload: bytes) -> Iterator[Sequence[int]]:
    """
    Everything that could be a card number, however it is written.

    It begins and ends where a row of digits does, so it is found beside an expiry date, and not
    inside a longer number.

    :param payload: any bytes, text or not.
    :return: the places of the digits of each, in order; they may overlap.
    """
    for run in _RUN.finditer(payload):
        if run[0].isdigit() and len(run[0]) > LONGEST:
            continue
        if len(run[0]) > MOST_LOOKED_AT:
            yield range(run.start(), run.end())
            continue
        found = list(_DIGITS.finditer(payload, run.start(), run.end()))
        digits = b"".join(digit[1] or digit[2] for digit in found)
        places = [digit.end() - 1 for digit in found]
        starts = [0, *(n for n in range(1, len(found)) if found[n].start() > places[n - 1] + 1)]
        ends = {*starts[1:], len(found)}
        for start in starts:
            for end in range(start + SHORTEST, start + LONGEST + 1):
                if end in ends and could_be_card_number(digits[start:end]):
                    yield places[start:end]


def mask_card_numbers(payload: bytes) -> bytes:
    """
    Replace all but the last four digits of anything that could be a card number.

    :param payload: any bytes, text or not.
    :return: bytes of the same length. An escaped digit loses its last character.
    """
    masked = bytearray(payload)
    for places in card_numbers(payload):
        if isinstance(places, range):
            row = payload[places.start : places.stop]
            masked[places.start : places.stop] = _ANY_DIGIT.sub(b"*", row)
            continue
        for place in places[:-4]:
            masked[place] = ord("*")
    return bytes(masked)
