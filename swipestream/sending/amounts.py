"""Amounts as people write them: 12.34, 1,234.50, 1.234,50, 1 234,50, 1'234.50."""

import re
from decimal import Decimal, InvalidOperation

from swipestream.sending.errors import UnmappableError

# What may stand before each three digits; space, narrow and no-break ones, two apostrophes.
_GAPS = " \u00a0\u202f\u2009'\u2019"
MARKS = (".", ",")
_PATTERNS = {
    mark: re.compile(
        rf"[+-]?(?:[0-9]+|[1-9][0-9]{{0,2}}([{re.escape(other)}{_GAPS}])[0-9]{{3}}(?:\1[0-9]{{3}})*)?"
        rf"(?:{re.escape(mark)}[0-9]*)?(?:[eE][+-]?[0-9]{{1,2}})?\Z"
    )
    for mark, other in ((".", ","), (",", "."))
}
# Nearly all amounts of nearly all files.
_SHORT = re.compile(r"[0-9]+(?:([.,])[0-9]{1,2})?\Z")


def read_amount(text: str, mark: str) -> Decimal | None:
    """
    The number that a text says; None if it says none.

    :param mark: what stands before the fraction, `.` or `,`; the other one may divide thousands.
    """
    if not _PATTERNS[mark].match(text):
        return None
    plain = re.sub(f"[{re.escape(',' if mark == '.' else '.')}{_GAPS}]", "", text)
    try:
        return Decimal(plain.replace(mark, "."))
    except InvalidOperation:
        return None


def marks_of(text: str) -> str:
    """
    Decimal marks that a text can have been written with.

    :return: one of them if only that makes an amount of it, `?` if either does and the amounts
        differ, empty if it tells nothing.
    """
    short = _SHORT.match(text)
    if short:
        return short[1] or ""
    point, comma = (read_amount(text, mark) for mark in MARKS)
    if point == comma:
        return ""
    if point is None or comma is None:
        return "." if comma is None else ","
    return "?"


def cents(amount: Decimal) -> int:
    """
    An amount in hundredths.

    :raises UnmappableError: it has parts of a cent, or far too many digits.
    """
    if abs(amount.adjusted()) > 18 and amount:
        raise UnmappableError("it is not an amount of money")
    exact = amount * 100
    whole = exact.to_integral_value()
    # Floats in files have tails such as 12.340000000000001.
    if exact != whole and abs(exact - whole) > Decimal("0.001"):
        raise UnmappableError("it has parts of a cent")
    return int(whole)
