"""Mappings: files that say which column becomes which field of a payment."""

import datetime
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.producing.card_hash import CARD_NUMBER, CardHasher, card_digits, masked
from swipestream.producing.errors import MappingError, UnmappableError
from swipestream.producing.reference_rows import CUSTOMER_COLUMNS, MERCHANT_COLUMNS

MAPPING_DIR = Path(__file__).parent / "mappings"
FIELDS = {
    "payment": PAYMENT_FIELDS,
    "label": ("is_fraud", "scenario"),
    "customer": CUSTOMER_COLUMNS,
    "merchant": MERCHANT_COLUMNS,
}
OPTIONAL_FIELDS = ("latitude", "longitude", "device_id", "card_last4")
RULE_KEYS = {
    "column", "columns", "value", "as", "prefix", "strip", "map", "default", "optional", "format",
}  # fmt: skip
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD")
CHANNELS = ("pos", "online", "atm")
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
LAST4 = re.compile(r"[0-9]{4}\Z")
MOST_CENTS = 100_000_000
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
UTC = datetime.UTC
DAY_MS = 86_400_000

Row = Sequence[Any]
Value = Callable[[Row], Any]


@dataclass(frozen=True)
class Rule:
    """How one field is made."""

    field: str
    columns: tuple[str, ...]
    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class MappingFile:
    """One mapping as written."""

    name: str
    description: str
    path: Path
    sections: Mapping[str, tuple[Rule, ...]]
    # Days after a payment at which its label is said to be known.
    label_delay_days: float = 0.0

    def columns(self, section: str) -> set[str]:
        """Columns that a section reads and cannot do without."""
        return {
            column
            for rule in self.sections.get(section, ())
            for column in rule.columns
            if not rule.options.get("optional")
        }

    @property
    def has_card_numbers(self) -> bool:
        """Whether a column holds card numbers."""
        return bool(self.card_columns)

    @property
    def card_columns(self) -> set[str]:
        """Columns that hold card numbers."""
        return {
            column
            for rules in self.sections.values()
            for rule in rules
            if rule.kind in ("card_hash", "card_last4")
            for column in rule.columns
        }


def builtin_mappings() -> dict[str, Path]:
    """Mapping files by name."""
    return {path.stem: path for path in sorted(MAPPING_DIR.glob("*.toml"))}


def read_mapping(name_or_file: str) -> MappingFile:
    """
    Read a built-in mapping or a file.

    :raises MappingError: unknown, not TOML, or a rule that makes no sense.
    """
    known = builtin_mappings()
    path = known.get(name_or_file, Path(name_or_file))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise MappingError(
            f"{name_or_file} is neither a file nor one of {', '.join(known)}",
            "name a mapping, or write one: docs/your_own_data.md",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} is not TOML: {error}", "see docs/your_own_data.md") from None
    sections: dict[str, tuple[Rule, ...]] = {}
    delay = data.get("label", {}).pop("delay_days", 0.0) if "label" in data else 0.0
    for section, allowed in FIELDS.items():
        if section in data:
            sections[section] = tuple(
                _rule(path, section, name, options, allowed)
                for name, options in data.pop(section).items()
            )
    given = {rule.field for rule in sections.get("payment", ())}
    for name in PAYMENT_FIELDS:
        if name not in given and name not in OPTIONAL_FIELDS:
            raise MappingError(
                f"{path} has no rule for payment.{name}", "add one: docs/your_own_data.md"
            )
    description = str(data.pop("description", ""))
    name = str(data.pop("name", path.stem))
    if data:
        raise MappingError(
            f"{path}: {next(iter(data))} is unknown",
            f"sections are {', '.join(FIELDS)}",
        )
    return MappingFile(name, description, path, sections, float(delay))


def _rule(path: Path, section: str, name: str, options: Any, allowed: tuple[str, ...]) -> Rule:
    where = f"{path}: {section}.{name}"
    if name not in allowed:
        raise MappingError(f"{where} is no field", f"fields are {', '.join(allowed)}")
    if not isinstance(options, dict) or not {"column", "columns", "value"} & set(options):
        raise MappingError(f"{where} has neither column nor value", 'write { column = "..." }')
    for option in options:
        if option not in RULE_KEYS:
            raise MappingError(
                f"{where}: {option} is unknown", f"options are {', '.join(sorted(RULE_KEYS))}"
            )
    kind = options.get("as", "text")
    if kind not in KINDS:
        raise MappingError(f"{where}: as = {kind!r} is unknown", f"kinds are {', '.join(KINDS)}")
    columns = options.get("columns", [options["column"]] if "column" in options else [])
    return Rule(name, tuple(columns), kind, options)


def detect_mapping(columns: Sequence[str]) -> MappingFile:
    """
    The built-in mapping whose columns a file has.

    :raises MappingError: none fits.
    """
    for name in builtin_mappings():
        mapping = read_mapping(name)
        if mapping.columns("payment") <= set(columns):
            return mapping
    raise MappingError(
        f"no built-in mapping fits the columns {', '.join(map(masked, columns))}",
        "write a mapping and name it with --mapping: docs/your_own_data.md",
    )


# What a value can be made into. Each takes the text of a column and the rule's options.


def _as_text(text: str, options: Mapping[str, Any]) -> str:
    return text


def _as_identifier(text: str, options: Mapping[str, Any]) -> str:
    return re.sub(r"[^A-Za-z0-9_.:]+", "-", text).strip("-")[: 64 - len(options.get("prefix", ""))]


def _as_decimal(text: str, options: Mapping[str, Any]) -> int:
    try:
        cents = Decimal(text) * 100
        if cents != (whole := cents.to_integral_value()):
            # Floats in files have tails such as 12.340000000000001.
            whole = cents.to_integral_value()
            if abs(cents - whole) > Decimal("0.001"):
                raise UnmappableError(f"{_shown(text)} has parts of a cent")
        return int(whole)
    except (InvalidOperation, ValueError, OverflowError):
        raise UnmappableError(f"{_shown(text)} is no amount") from None


def _as_integer(text: str, options: Mapping[str, Any]) -> int:
    try:
        return int(text.removesuffix(".0"))
    except ValueError:
        raise UnmappableError(f"{_shown(text)} is not a whole number") from None


def _as_number(text: str, options: Mapping[str, Any]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnmappableError(f"{_shown(text)} is not a number")
    return number


def _as_time(text: str, options: Mapping[str, Any]) -> int:
    form = options.get("format", "iso")
    try:
        if form == "milliseconds":
            return int(text.removesuffix(".0"))
        if form == "seconds":
            return int(Decimal(text) * 1000)
        if form == "iso":
            moment = datetime.datetime.fromisoformat(text)
        else:
            moment = datetime.datetime.strptime(text, form)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - datetime.datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    except (ValueError, InvalidOperation, OverflowError):
        raise UnmappableError(f"{_shown(text)} is no time ({form})") from None


def _as_truth(text: str, options: Mapping[str, Any]) -> bool:
    value = text.lower().removesuffix(".0")
    if value in ("1", "true", "t", "yes", "y"):
        return True
    if value in ("0", "false", "f", "no", "n"):
        return False
    raise UnmappableError(f"{_shown(text)} is neither true nor false")


def _as_zone(text: str, options: Mapping[str, Any]) -> int:
    # A time zone is 15 degrees wide; good enough for the hour of the day.
    return round(_as_number(text, options) / 15) * 60


def _as_card_last4(text: str, options: Mapping[str, Any]) -> str:
    return card_digits(text)[-4:]


KINDS: dict[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "text": _as_text,
    "identifier": _as_identifier,
    "card_hash": _as_text,
    "card_last4": _as_card_last4,
    "decimal": _as_decimal,
    "integer": _as_integer,
    "number": _as_number,
    "time": _as_time,
    "truth": _as_truth,
    "time_zone_of_longitude": _as_zone,
}


def _shown(text: str) -> str:
    """A value for a reason: short, and masked."""
    return repr(masked(text[:60]))


def text_of(value: Any) -> str | None:
    """
    A value of any file format as text; None if there is nothing.

    :param value: text, number, truth value, time or None.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e19 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        raise UnmappableError("a value is an object or a list")
    return str(value)


@dataclass
class Mapped:
    """What became of one row."""

    payment: dict[str, Any]
    is_fraud: bool | None = None
    scenario: str | None = None


@dataclass
class Mapper:
    """A mapping bound to the columns of a file."""

    mapping: MappingFile
    columns: Sequence[str]
    hasher: CardHasher | None = None
    with_labels: bool = False
    payment: list[tuple[str, Value]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """:raises MappingError: a column is missing."""
        self._index = {name: number for number, name in enumerate(self.columns)}
        self.payment = self.bound("payment")
        self._label = dict(self.bound("label")) if self.with_labels else {}
        self._time = dict(self.payment)["event_ms"]
        if self.with_labels and "is_fraud" not in self._label:
            raise MappingError(
                f"the mapping {self.mapping.name} has no labels", "leave out --with-labels"
            )

    def bound(self, section: str) -> list[tuple[str, Value]]:
        """Functions from a row to each field of a section."""
        missing = self.mapping.columns(section) - set(self.columns)
        if missing:
            found = ", ".join(map(masked, self.columns))
            raise MappingError(
                f"the mapping {self.mapping.name} needs the column {min(missing)}",
                f"the file has {found}; choose or write another mapping with --mapping",
            )
        return [
            (rule.field, self._function(rule)) for rule in self.mapping.sections.get(section, ())
        ]

    def _function(self, rule: Rule) -> Value:
        options = rule.options
        constant = options.get("value")
        if not rule.columns:
            return lambda row: constant
        positions = [self._index[name] for name in rule.columns if name in self._index]
        names = " ".join(rule.columns)
        convert = KINDS[rule.kind]
        if rule.kind == "card_hash":
            assert self.hasher is not None
            hasher = self.hasher
            convert = lambda text, _: hasher.card_id(text)  # noqa: E731
        prefix, strip = options.get("prefix", ""), options.get("strip", "")
        table, default = options.get("map"), options.get("default")
        is_optional = bool(options.get("optional"))

        def value(row: Row) -> Any:
            parts = [text for i in positions if (text := text_of(row[i])) is not None]
            if not parts:
                if is_optional or default is not None:
                    return default
                raise UnmappableError(f"{names} is empty")
            text = " ".join(parts)
            if strip:
                text = text.removeprefix(strip)
            if table is not None:
                if text in table:
                    return table[text]
                if default is not None or is_optional:
                    return default
                raise UnmappableError(f"{names}: {_shown(text)} is not in the mapping")
            try:
                made = convert(text, options)
            except UnmappableError as error:
                raise UnmappableError(f"{names}: {error}") from None
            return f"{prefix}{made}" if prefix else made

        return value

    def time_of(self, row: Row) -> int | None:
        """Time of a row, UTC epoch milliseconds; None if it has none."""
        try:
            event_ms = self._time(row)
        except UnmappableError:
            return None
        return event_ms if EARLIEST_MS <= event_ms <= LATEST_MS else None

    def map_row(self, row: Row) -> Mapped:
        """
        Make a payment of a row.

        :raises UnmappableError: it cannot be one.
        """
        made = {name: value(row) for name, value in self.payment}
        payment = {name: made.get(name) for name in PAYMENT_FIELDS}
        if payment["channel"] == "online":
            payment["latitude"] = payment["longitude"] = None
        check_payment(payment)
        if not self._label:
            return Mapped(payment)
        scenario = self._label.get("scenario")
        return Mapped(
            payment,
            is_fraud=self._label["is_fraud"](row),
            scenario=scenario(row) if scenario else None,
        )

    def label_of(self, mapped: Mapped) -> dict[str, Any]:
        """The label message of a row."""
        event_ms = mapped.payment["event_ms"]
        values = (
            mapped.payment["transaction_id"],
            mapped.is_fraud,
            "file",
            mapped.scenario if mapped.is_fraud else None,
            event_ms,
            event_ms + int(self.mapping.label_delay_days * DAY_MS),
            self.mapping.name,
        )
        return dict(zip(LABEL_FIELDS, values, strict=True))


def check_payment(payment: Mapping[str, Any]) -> None:
    """
    What the pipeline would reject is said here already.

    :raises UnmappableError: with the reason.
    """
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id"):
        value = payment[name]
        if not isinstance(value, str) or not IDENTIFIER.match(value):
            raise UnmappableError(f"{name} is not 1 to 64 of A-Z a-z 0-9 _ . : -")
        if CARD_NUMBER.match(value) and name != "transaction_id":
            raise UnmappableError(f'{name} looks like a card number: map it with as = "card_hash"')
    cents = payment["amount_cents"]
    if not isinstance(cents, int) or isinstance(cents, bool) or not 0 <= cents <= MOST_CENTS:
        raise UnmappableError(f"amount_cents is not within 0 and {MOST_CENTS}")
    if payment["currency"] not in CURRENCIES:
        raise UnmappableError(f"currency is none of {', '.join(CURRENCIES)}")
    if payment["channel"] not in CHANNELS:
        raise UnmappableError(f"channel is none of {', '.join(CHANNELS)}")
    latitude, longitude = payment["latitude"], payment["longitude"]
    if (latitude is None) != (longitude is None):
        raise UnmappableError("only one of latitude and longitude is there")
    if latitude is not None and not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UnmappableError("latitude or longitude is no place on earth")
    device_id, last4 = payment["device_id"], payment["card_last4"]
    if device_id is not None and not IDENTIFIER.match(device_id):
        raise UnmappableError("device_id is not 1 to 64 of A-Z a-z 0-9 _ . : -")
    if last4 is not None and not LAST4.match(last4):
        raise UnmappableError("card_last4 is not 4 digits")
    event_ms = payment["event_ms"]
    if not isinstance(event_ms, int) or not EARLIEST_MS <= event_ms <= LATEST_MS:
        raise UnmappableError("event_ms is not between the years 2000 and 2100")


def encoded(message: Mapping[str, Any]) -> bytes:
    """A message as compact JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
