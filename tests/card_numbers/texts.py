"""Hypothesis strategies for card numbers and texts."""

import string
import unicodedata

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from swipestream.card_numbers import is_luhn_valid
from swipestream.card_numbers.finding import RULES
from swipestream.card_numbers.rules import Issuer

# Texts of many parts take time to draw.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What is put between the digits of a card number.
GAPS = (
    *" -_.:/|,;*~\t\n\r\0",
    *("--", " - ", ", ", "\r\n", '","', '", "', '",\n        "', "'] ['"),
    *("\u00a0", "\u2009", "\u2011", "\u2013", "\u202f", "\u3000", "\ufeff", "\u200b"),
)
# Digits of several scripts, one of them beyond 16 bits.
ZEROS = ("0", "\uff10", "\u0660", "\u06f0", "\u0966", "\U0001d7ce")


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A number of a known network with the right check digit."""
    issuer: Issuer = draw(st.sampled_from(RULES.issuers))
    low, high = issuer.first
    first = str(draw(st.integers(int(low), int(high))))
    length = draw(st.sampled_from(issuer.lengths))
    rest = length - len(first) - 1
    digits = first + draw(st.text("0123456789", min_size=rest, max_size=rest))
    return next(digits + check for check in "0123456789" if is_luhn_valid(digits + check))


def is_dated(digits: str) -> bool:
    """Whether a number begins like a reference with a date, and so does not count as one."""
    return any(pattern.match(digits) for pattern in RULES.dated)


def is_dated_group(text: str) -> bool:
    """Whether a number begins with six digits that are a day and stand for themselves."""
    plain = "".join(str(unicodedata.decimal(letter, letter)) for letter in text[:7])
    return any(pattern.match(plain) for pattern in RULES.dated_group)


@st.composite
def groups(draw: st.DrawFn, digits: str) -> list[str]:
    """A number in groups: as printed, of one width, or anyhow."""
    widths = draw(
        st.one_of(
            st.sampled_from([[19], [4, 4, 4, 4, 3], [4, 6, 5, 4], [6, 13], [8, 8, 3]]),
            st.integers(1, 8).map(lambda width: [width] * 19),
            st.lists(st.integers(1, 9), min_size=19, max_size=19),
        )
    )
    found, at = [], 0
    for width in widths:
        if at < len(digits):
            found.append(digits[at : at + width])
            at += width
    return found


@st.composite
def written(draw: st.DrawFn, digits: str) -> str:
    """A number with the same or with other gaps each time, in the digits of some script."""
    parts = draw(groups(digits))
    is_mixed = draw(st.booleans())
    gap = draw(st.sampled_from(GAPS))
    text = parts[0]
    for part in parts[1:]:
        text += (draw(st.sampled_from(GAPS)) if is_mixed else gap) + part
    zero = ord(draw(st.sampled_from(ZEROS)))
    return "".join(chr(zero + int(c)) if c in string.digits else c for c in text)


# Known to both Python and Java: the older of them does not know letters that Unicode added later.
LETTERS = st.characters(exclude_categories=("Cs", "Cn", "Co"))

NUMBERS = card_numbers()
PIECES = st.one_of(
    NUMBERS,
    NUMBERS.flatmap(written),
    NUMBERS.map(lambda digits: digits.zfill(32)),
    NUMBERS.map(lambda digits: digits.ljust(32, "0")),
    st.tuples(NUMBERS, NUMBERS).map("".join),
    NUMBERS.map(lambda digits: f"{digits}D25122011143804400000F"),
    NUMBERS.map(lambda digits: f"{digits[0]}.{digits[1:].rstrip('0')}e{len(digits) - 1}"),
    st.text("0123456789", min_size=1, max_size=24),
    st.text("0123456789abcdefABCDEF", min_size=1, max_size=40),
    st.text("0123456789.:-_ T+", min_size=1, max_size=30),
    st.uuids().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.strftime("%y%m%d%H%M%S")),
    st.datetimes().map(lambda moment: moment.strftime("%d%m%Y")),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(GAPS),
    st.text(LETTERS, max_size=6),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
