"""Mappings: files that say which column becomes which field of a payment."""

import datetime
import tomllib
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.card_numbers import masked
from swipestream.sending.amounts import MARKS
from swipestream.sending.errors import MappingError, UnmappableError
from swipestream.sending.field_kinds import (
    KINDS,
    UNITS_MS,
    allowed_kinds,
    identifier,
    since_ms,
    text_of,
)
from swipestream.sending.input_files import TextForm
from swipestream.sending.reference_rows import CUSTOMER_COLUMNS, MERCHANT_COLUMNS

MAPPING_DIR = Path(__file__).parent / "mappings"
FIELDS = {
    "payment": PAYMENT_FIELDS,
    "label": LABEL_FIELDS,
    "customer": CUSTOMER_COLUMNS,
    "merchant": MERCHANT_COLUMNS,
}
FILE_KEYS = ("delimiter", "encoding", "decimal")
OPTIONAL_FIELDS = ("latitude", "longitude", "device_id", "card_last4")
# What an option of a rule may be.
RULE_KEYS: dict[str, tuple[type, ...]] = {
    "as": (str,),
    "column": (str,),
    "columns": (list,),
    "default": (str, int, float, bool),
    "format": (str,),
    "map": (dict,),
    "optional": (bool,),
    "prefix": (str,),
    "round": (bool,),
    "row": (bool,),
    "since": (str, datetime.date),
    "strip": (str,),
    "value": (str, int, float, bool),
    "zone": (str,),
}
HELP = "see docs/your_own_data.md"


@dataclass(frozen=True)
class Rule:
    """How one field is made."""

    field: str
    columns: tuple[str, ...]
    kind: str
    options: Mapping[str, Any]
    # Made of the options `value`, `default` and `map`, as the field has them.
    value: Any = None
    default: Any = None
    table: Mapping[str, Any] | None = None

    @property
    def is_optional(self) -> bool:
        """Whether a row may be without it."""
        return bool(self.options.get("optional"))


@dataclass(frozen=True)
class MappingFile:
    """One mapping as written."""

    name: str
    description: str
    path: Path
    sections: Mapping[str, tuple[Rule, ...]]
    # Days after a payment at which its label is said to be known.
    label_delay_days: float = 0.0
    form: TextForm = field(default_factory=TextForm)
    # The decimal separator of amounts, if it is given.
    decimal: str | None = None
    # Columns that a file must have, too, to be taken for one of these.
    recognized_by: tuple[str, ...] = ()

    def columns(self, section: str) -> set[str]:
        """Columns that a section reads and cannot do without."""
        return {
            column
            for rule in self.sections.get(section, ())
            for column in rule.columns
            if not rule.is_optional
        }

    @property
    def has_payments(self) -> bool:
        """Whether rows are payments; else they are labels of payments sent before."""
        return "payment" in self.sections

    @property
    def source(self) -> str:
        """Who says what is fraud, in the label messages."""
        return identifier([self.name])

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
        raise MappingError(f"{path} is not TOML: {error}", HELP) from None
    for section in (*FIELDS, "file"):
        if not isinstance(data.get(section, {}), dict):
            raise MappingError(f"{path}: {section} is not a section", f"write [{section}]")
    recognized_by = data.pop("recognized_by", [])
    if not isinstance(recognized_by, list) or not all(isinstance(c, str) for c in recognized_by):
        raise MappingError(
            f"{path}: recognized_by is not a list of columns", 'write ["...", "..."]'
        )
    form, decimal = _form(path, data.pop("file", {}))
    delay = _delay(path, data.get("label", {}).pop("delay_days", 0.0))
    sections = {
        section: tuple(
            _rule(path, section, name, options, allowed)
            for name, options in data.pop(section).items()
        )
        for section, allowed in FIELDS.items()
        if section in data
    }
    _complete(path, sections)
    description = str(data.pop("description", ""))
    name = str(data.pop("name", path.stem))
    if data:
        raise MappingError(
            f"{path}: {next(iter(data))} is unknown",
            f"sections are {', '.join((*FIELDS, 'file'))}",
        )
    return MappingFile(
        name, description, path, sections, delay, form, decimal, tuple(recognized_by)
    )


def _form(path: Path, data: Mapping[str, Any]) -> tuple[TextForm, str | None]:
    for key, value in data.items():
        if key not in FILE_KEYS:
            raise MappingError(
                f"{path}: file.{key} is unknown", f"options are {', '.join(FILE_KEYS)}"
            )
        if not isinstance(value, str):
            raise MappingError(f"{path}: file.{key} is not text", HELP)
    decimal = data.get("decimal")
    if decimal not in (None, *MARKS):
        raise MappingError(f"{path}: file.decimal = {decimal!r}", 'write "." or ","')
    delimiter = data.get("delimiter")
    if delimiter is not None and len(delimiter) != 1:
        raise MappingError(f"{path}: file.delimiter = {delimiter!r}", "write one character")
    return TextForm(data.get("encoding"), delimiter), decimal


def _delay(path: Path, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 366:
        raise MappingError(f"{path}: label.delay_days = {value!r}", "write days, 0 to 366")
    return float(value)


def _complete(path: Path, sections: dict[str, tuple[Rule, ...]]) -> None:
    if "payment" not in sections and "label" in sections:
        labels = sections["label"]
        if "transaction_id" not in {rule.field for rule in labels}:
            rule = Rule("transaction_id", ("transaction_id",), "text", {})
            sections["label"] = (rule, *labels)
        if "is_fraud" not in {rule.field for rule in labels}:
            raise MappingError(f"{path} has no rule for label.is_fraud", HELP)
        return
    given = {rule.field for rule in sections.get("payment", ())}
    for name in PAYMENT_FIELDS:
        if name not in given and name not in OPTIONAL_FIELDS:
            raise MappingError(
                f"{path} has no rule for payment.{name}", "add one: docs/your_own_data.md"
            )
    for section, key in (("customer", "customer_id"), ("merchant", "merchant_id")):
        if section in sections and key not in {rule.field for rule in sections[section]}:
            raise MappingError(f"{path} has no rule for {section}.{key}", HELP)


def _rule(path: Path, section: str, name: str, options: Any, allowed: tuple[str, ...]) -> Rule:
    where = f"{path}: {section}.{name}"
    if name not in allowed:
        raise MappingError(f"{where} is not a field", f"fields are {', '.join(allowed)}")
    if not isinstance(options, dict) or not {"column", "columns", "value", "row"} & set(options):
        raise MappingError(f"{where} has neither column nor value", 'write { column = "..." }')
    for option, value in options.items():
        if option not in RULE_KEYS:
            raise MappingError(
                f"{where}: {option} is unknown", f"options are {', '.join(RULE_KEYS)}"
            )
        if not isinstance(value, RULE_KEYS[option]):
            raise MappingError(f"{where}: {option} cannot be {value!r}", HELP)
    kind = _kind(where, name, options)
    if "row" in options and (options["row"] is not True or set(options) - {"row", "prefix"}):
        raise MappingError(f"{where}: row stands alone", 'write { row = true, prefix = "mine-" }')
    if "round" in options and kind != "decimal":
        raise MappingError(f"{where}: round is for amounts", 'add as = "decimal"')
    _check_time_options(where, kind, options)
    columns = options.get("columns", [options["column"]] if "column" in options else [])
    if not all(isinstance(column, str) and column for column in columns):
        raise MappingError(f"{where}: columns are names", 'write columns = ["...", "..."]')
    if "columns" in options and not columns:
        raise MappingError(f"{where} has no columns", 'write columns = ["...", "..."]')

    def made(option: str, value: Any) -> Any:
        try:
            return _constant(kind, value, options)
        except UnmappableError as error:
            raise MappingError(f"{where}: {option}: {error}", HELP) from None

    table = options.get("map")
    return Rule(
        name,
        tuple(columns),
        kind,
        options,
        value=made("value", options["value"]) if "value" in options else None,
        default=made("default", options["default"]) if "default" in options else None,
        table=None if table is None else {key: made("map", to) for key, to in table.items()},
    )


def _kind(where: str, name: str, options: Mapping[str, Any]) -> str:
    allowed = allowed_kinds(name)
    if "as" in options:
        kind: str = options["as"]
        if kind not in KINDS:
            raise MappingError(
                f"{where}: as = {kind!r} is unknown", f"kinds are {', '.join(KINDS)}"
            )
        if kind not in allowed:
            raise MappingError(
                f"{where}: as = {kind!r} makes no {name}", f"choose {' or '.join(allowed)}"
            )
        return kind
    if name == "amount_cents" and "value" not in options:
        raise MappingError(
            f"{where} does not say whether amounts are whole cents",
            'write as = "decimal" for 12.34, as = "integer" for 1234',
        )
    return allowed[0]


def _check_time_options(where: str, kind: str, options: Mapping[str, Any]) -> None:
    form = options.get("format", "iso")
    for option in ("format", "zone", "since"):
        if option in options and kind != "time":
            raise MappingError(f"{where}: {option} is for times", 'add as = "time"')
    if form != "iso" and form not in UNITS_MS and "%" not in form:
        raise MappingError(
            f"{where}: format = {form!r} is unknown",
            f'formats are iso, {", ".join(UNITS_MS)}, or such as "%d.%m.%Y %H:%M"',
        )
    if "since" in options and form not in UNITS_MS:
        raise MappingError(
            f"{where}: since is for numbers", f"choose a format of {', '.join(UNITS_MS)}"
        )
    if "zone" in options:
        try:
            zoneinfo.ZoneInfo(options["zone"])
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise MappingError(
                f"{where}: zone = {options['zone']!r} is unknown",
                'write one such as "Europe/Berlin" or "America/New_York"',
            ) from None
        if form in UNITS_MS and "since" not in options:
            raise MappingError(
                f"{where}: {form} since 1970 have no zone", "leave out zone, or add since"
            )
    try:
        since_ms(options)
    except (ValueError, UnmappableError):
        raise MappingError(
            f"{where}: since = {str(options['since'])!r} is not a time",
            'write since = "2026-01-31"',
        ) from None


def _constant(kind: str, value: Any, options: Mapping[str, Any]) -> Any:
    """A value written in a mapping, as its field has it; a number of cents or ms as it is."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if kind == "card_hash" or (is_number and kind in ("decimal", "time", "integer")):
        return value
    text = text_of(value)
    if text is None:
        raise UnmappableError("it is empty")
    form = {key: options[key] for key in ("prefix", "format", "zone", "since") if key in options}
    return KINDS[kind](text, form, lambda fact: None)


def detect_mapping(columns: Sequence[str]) -> MappingFile:
    """
    The built-in mapping whose columns a file has.

    :raises MappingError: none fits.
    """
    for name in builtin_mappings():
        mapping = read_mapping(name)
        if not mapping.has_payments:
            continue
        if mapping.columns("payment") | set(mapping.recognized_by) <= set(columns):
            return mapping
    raise MappingError(
        f"no built-in mapping fits the columns {', '.join(map(masked, columns))}",
        "write a mapping and name it with --mapping: docs/your_own_data.md",
    )
