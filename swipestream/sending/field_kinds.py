"""What the text of a column can be made into, and which field takes what."""

import datetime
import hashlib
import math
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from swipestream.card_numbers import masked
from swipestream.sending.amounts import cents, read_amount
from swipestream.sending.card_hash import MOST_EXACT, NOT_EXACT, card_digits
from swipestream.sending.errors import UnmappableError

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_IDENTIFIER = 64
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
# So many letters tell a million names from one another; no digits, which could look like a card's.
NAME_LETTERS = 12
UNITS_MS = {
    "nanoseconds": Decimal("0.000001"),
    "microseconds": Decimal("0.001"),
    "milliseconds": Decimal(1),
    "seconds": Decimal(1_000),
    "minutes": Decimal(60_000),
    "hours": Decimal(3_600_000),
    "days": Decimal(86_400_000),
}
TEXTS = ("text", "identifier", "card_hash", "card_last4")
TIMES = ("time", "integer")
# What a field may be made of, the usual first; texts are not listed.
FIELD_KINDS: dict[str, tuple[str, ...]] = {
    "amount_cents": ("decimal", "integer"),
    "latitude": ("number",),
    "longitude": ("number",),
    "home_latitude": ("number",),
    "home_longitude": ("number",),
    "utc_offset_minutes": ("integer", "time_zone_of_longitude"),
    "event_ms": TIMES,
    "labelled_ms": TIMES,
    "account_opened_at": TIMES,
    "is_fraud": ("truth",),
}
Options = Mapping[str, Any]
# Told what a value leaves open.
Note = Callable[[str], None]


def allowed_kinds(field: str) -> tuple[str, ...]:
    """Kinds that make what a field holds, the usual first."""
    return FIELD_KINDS.get(field, TEXTS)


def shown(text: str) -> str:
    """A value for a reason: short, and masked."""
    return repr(masked(text, 60))


def text_of(value: Any) -> str | None:
    """
    A value of any file format as text; None if there is nothing.

    :param value: text, bytes of text, number, truth value, time or None.
    :raises UnmappableError: it is none of these.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise UnmappableError("bytes that are not UTF-8 text") from None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if abs(value) > MOST_EXACT:
            raise UnmappableError(NOT_EXACT)
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        raise UnmappableError("a value is an object or a list")
    return str(value)


def identifier(parts: Sequence[str | None], longest: int = LONGEST_IDENTIFIER) -> str:
    """
    A name as an identifier; different names become different ones, in any script.

    Where characters had to go, or a column was empty, letters made of the whole name follow.

    :param parts: of the name, one per column, as composed characters or not.
    :param longest: characters of it.
    """
    exact = [None if part is None else unicodedata.normalize("NFC", part) for part in parts]
    text = " ".join(part for part in exact if part)
    if len(exact) == 1 and len(text) <= longest and IDENTIFIER.match(text):
        return text
    # Two control characters stand between parts and for an empty one: no name has them.
    whole = "\x1f".join("\x1e" if part is None else part for part in exact)
    number = int.from_bytes(hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()[:16])
    letters = ""
    for _ in range(NAME_LETTERS):
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    readable = re.sub(r"[^A-Za-z0-9_.:]+", "-", text).strip("-")
    readable = readable[: max(longest - NAME_LETTERS - 1, 0)].rstrip("-")
    return f"{readable}-{letters}" if readable else letters


def _as_text(text: str, options: Options, note: Note) -> str:
    return text


def _as_decimal(text: str, options: Options, note: Note) -> int:
    amount = read_amount(text, options.get("decimal", "."))
    if amount is None:
        raise UnmappableError(f"{shown(text)} is not an amount")
    try:
        return cents(round(amount, 2) if options.get("round") else amount)
    except UnmappableError as error:
        raise UnmappableError(f"{shown(text)}: {error}") from None


def _number(text: str) -> Decimal:
    """A plain number, not too large to compute with."""
    try:
        number = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or (number and abs(number.adjusted()) > 30):
        raise UnmappableError(f"{shown(text)} is not a number")
    return number


def _as_integer(text: str, options: Options, note: Note) -> int:
    try:
        number = _number(text)
    except UnmappableError:
        number = Decimal("0.5")
    if number != number.to_integral_value():
        raise UnmappableError(f"{shown(text)} is not a whole number")
    return int(number)


def _as_number(text: str, options: Options, note: Note) -> float:
    # Nobody divides thousands of a degree.
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        return float(_number(plain))
    except UnmappableError:
        raise UnmappableError(f"{shown(text)} is not a number") from None


def since_ms(options: Options) -> int:
    """
    The beginning that a number of seconds or days is counted from, UTC epoch milliseconds.

    :raises ValueError: `since` is not a time.
    """
    since = options.get("since")
    if since is None:
        return 0
    moment = datetime.datetime.fromisoformat(since) if isinstance(since, str) else since
    if not isinstance(moment, datetime.date):
        raise ValueError(since)
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime(moment.year, moment.month, moment.day)
    return _epoch_ms(moment if moment.tzinfo else _in_zone(moment, options, lambda fact: None))


def _epoch_ms(moment: datetime.datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _in_zone(local: datetime.datetime, options: Options, note: Note) -> datetime.datetime:
    name = options.get("zone")
    if name is None:
        return local.replace(tzinfo=UTC)
    zone = zoneinfo.ZoneInfo(name)
    moment = local.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise UnmappableError(f"'{local}' is not a time in {name}: the clocks skip it")
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        note(f"are in the hour that {name} has twice when clocks go back: the first is taken")
    return moment


def _as_time(text: str, options: Options, note: Note) -> int:
    form = options.get("format", "iso")
    try:
        if form in UNITS_MS:
            return math.floor(_number(text) * UNITS_MS[form]) + since_ms(options)
        moment = _moment(text, form)
        return _epoch_ms(moment if moment.tzinfo else _in_zone(moment, options, note))
    except (ValueError, OverflowError):
        raise UnmappableError(f"{shown(text)} is not a time ({form})") from None
    except UnmappableError as error:
        if form in UNITS_MS:
            raise UnmappableError(f"{shown(text)} is not a time ({form})") from None
        raise error from None


def _moment(text: str, form: str) -> datetime.datetime:
    """:raises ValueError: it is not written so."""
    if form == "iso":
        return datetime.datetime.fromisoformat(text)
    return datetime.datetime.strptime(text, form)


def is_without_zone(text: str, options: Options) -> bool:
    """Whether a time names no zone, and neither does its field's rule, so that UTC is assumed."""
    form = options.get("format", "iso")
    if form in UNITS_MS or "zone" in options:
        return False
    try:
        return _moment(text, form).tzinfo is None
    except ValueError:
        return False


def _as_truth(text: str, options: Options, note: Note) -> bool:
    value = text.lower().removesuffix(".0")
    if value in ("1", "true", "t", "yes", "y"):
        return True
    if value in ("0", "false", "f", "no", "n"):
        return False
    raise UnmappableError(f"{shown(text)} is neither true nor false")


def _as_zone(text: str, options: Options, note: Note) -> int:
    # A time zone is 15 degrees wide; good enough for the hour of the day.
    return round(_as_number(text, options, note) / 15) * 60


def _as_card_last4(text: str, options: Options, note: Note) -> str:
    return card_digits(text)[-4:]


KINDS: dict[str, Callable[[str, Options, Note], Any]] = {
    "text": _as_text,
    "identifier": lambda text, options, note: identifier([text], room(options)),
    "card_hash": _as_text,
    "card_last4": _as_card_last4,
    "decimal": _as_decimal,
    "integer": _as_integer,
    "number": _as_number,
    "time": _as_time,
    "truth": _as_truth,
    "time_zone_of_longitude": _as_zone,
}


def room(options: Options) -> int:
    """Characters that are left for an identifier behind its prefix."""
    return LONGEST_IDENTIFIER - len(options.get("prefix", ""))
