"""A mapping at work: rows of a file become payments, labels, customers and merchants."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.card_numbers import holds_card_number
from swipestream.sending.card_hash import CardHasher, check_is_exact
from swipestream.sending.errors import MappingError, UnmappableError
from swipestream.sending.field_kinds import (
    IDENTIFIER,
    KINDS,
    Note,
    identifier,
    room,
    shown,
    text_of,
)
from swipestream.sending.mapping import OPTIONAL_FIELDS, MappingFile, Rule
from swipestream.sending.payment_checks import leave_out
from swipestream.sending.reference_rows import TABLES, value_for

DAY_MS = 86_400_000
SECTION_OF = {"customers": "customer", "merchants": "merchant"}

Values = Mapping[str, Any]
# Makes a field of a row; told what it leaves open.
Maker = Callable[[Values, Note], Any]


@dataclass
class Mapped:
    """What became of one row."""

    payment: dict[str, Any] | None = None
    label: dict[str, Any] | None = None
    # What was left out or had to be chosen, each the end of a sentence about payments.
    notes: list[str] = field(default_factory=list)


class Mapper:
    """Applies a mapping; what it makes is not checked yet."""

    def __init__(
        self,
        mapping: MappingFile,
        hasher: CardHasher | None = None,
        with_labels: bool = False,
        decimal: str = ".",
    ) -> None:
        """
        :param hasher: of card numbers, if the mapping has any.
        :param with_labels: make labels, too.
        :param decimal: what stands before the fraction of an amount.
        :raises MappingError: labels are wanted and there are none.
        """
        self.mapping = mapping
        self.hasher = hasher
        self.decimal = decimal
        self.with_labels = with_labels or not mapping.has_payments
        # Of the row that is mapped next, for files that number nothing themselves.
        self.row_number = 0
        self._payment = self._makers("payment")
        self._label = dict(self._makers("label"))
        if self.with_labels and "is_fraud" not in self._label:
            raise MappingError(
                f"the mapping {mapping.name} has no labels", "leave out --with-labels"
            )

    def _makers(self, section: str) -> list[tuple[str, Maker]]:
        return [(rule.field, self._maker(rule)) for rule in self.mapping.sections.get(section, ())]

    def _maker(self, rule: Rule) -> Maker:
        if rule.options.get("row"):
            start = rule.options.get("prefix", "")
            return lambda values, note: f"{start}{self.row_number}"
        if not rule.columns:
            return lambda values, note: rule.value
        columns = [column_of(name) for name in rule.columns]
        names = " ".join(rule.columns)
        options, table, default = dict(rule.options), rule.table, rule.default
        prefix, strip = options.get("prefix", ""), options.get("strip", "")
        may_be_empty = rule.is_optional or default is not None
        convert = KINDS[rule.kind]
        is_card_number = rule.kind in ("card_hash", "card_last4")
        if rule.kind == "card_hash":
            assert self.hasher is not None
            hasher = self.hasher
            convert = lambda text, options, note: hasher.card_id(text)  # noqa: E731

        def value(values: Values, note: Note) -> Any:
            try:
                found = [column(values) for column in columns]
                if is_card_number:
                    for one in found:
                        check_is_exact(one)
                parts = [text_of(one) for one in found]
                text = " ".join(part for part in parts if part is not None)
                if not text:
                    if may_be_empty:
                        return default
                    raise UnmappableError("it is empty")
                if strip:
                    text = text.removeprefix(strip)
                if table is not None:
                    if text in table:
                        made = table[text]
                    elif may_be_empty:
                        return default
                    else:
                        raise UnmappableError(f"{shown(text)} is not in the mapping")
                elif rule.kind == "identifier":
                    made = identifier([text] if len(parts) == 1 else parts, room(options))
                    # One that was cut is not known as one any more.
                    if holds_card_number(text) and not holds_card_number(made):
                        raise UnmappableError("it holds a card number")
                elif rule.kind == "decimal":
                    # A number of JSON or Parquet has no other mark than a point.
                    mark = self.decimal if isinstance(found[0], str | bytes) else "."
                    made = convert(text, {**options, "decimal": mark}, note)
                else:
                    made = convert(text, options, note)
            except UnmappableError as error:
                raise UnmappableError(f"{names}: {error}") from None
            return f"{prefix}{made}" if prefix else made

        return value

    def time_of(self, values: Values) -> int | None:
        """Time of a row, milliseconds since 1970 or since whatever the file counts from."""
        try:
            event_ms = dict(self._payment)["event_ms"](values, _ignore)
        except UnmappableError:
            return None
        return event_ms if isinstance(event_ms, int) else None

    def map_row(self, values: Values, shift_ms: int, now_ms: int) -> Mapped:
        """
        Make a payment, a label or both of a row.

        :param shift_ms: added to the times of payments.
        :param now_ms: UTC epoch milliseconds.
        :raises UnmappableError: a field it cannot do without cannot be made.
        """
        mapped = Mapped()
        if self._payment:
            mapped.payment = self._payment_of(values, shift_ms, mapped.notes)
        if self.with_labels:
            mapped.label = self._label_of(values, mapped, now_ms)
        return mapped

    def _payment_of(self, values: Values, shift_ms: int, notes: list[str]) -> dict[str, Any]:
        payment = dict.fromkeys(PAYMENT_FIELDS)
        for name, make in self._payment:
            try:
                payment[name] = make(values, notes.append)
            except UnmappableError:
                if name not in OPTIONAL_FIELDS:
                    raise
                notes.append(f"go without {name}, which is empty or cannot be read")
        if payment["channel"] == "online":
            payment["latitude"] = payment["longitude"] = None
        last4 = payment["card_last4"]
        if isinstance(last4, str) and last4.isascii() and last4.isdigit():
            # Read as a number somewhere, it has lost its zeros.
            payment["card_last4"] = last4.zfill(4)
        device_id = payment["device_id"]
        # A hash without a key hides no card number.
        if (
            isinstance(device_id, str)
            and not IDENTIFIER.match(device_id)
            and not holds_card_number(device_id)
        ):
            payment["device_id"] = identifier([device_id])
        if isinstance(payment["event_ms"], int):
            payment["event_ms"] += shift_ms
        notes.extend(f"go without {what}" for what in leave_out(payment))
        return payment

    def _label_of(self, values: Values, mapped: Mapped, now_ms: int) -> dict[str, Any]:
        def made(name: str, default: Any) -> Any:
            return self._label[name](values, _ignore) if name in self._label else default

        def optional(name: str, default: Any) -> Any:
            try:
                value = made(name, default)
            except UnmappableError:
                value = None
            if value is None or (isinstance(value, str) and IDENTIFIER.match(value)):
                return value
            return identifier([str(value)])

        payment = mapped.payment or {}
        event_ms = made("event_ms", payment.get("event_ms"))
        labelled_ms = made("labelled_ms", None)
        if labelled_ms is None:
            labelled_ms = now_ms
            if payment:
                labelled_ms = payment["event_ms"] + int(self.mapping.label_delay_days * DAY_MS)
        is_fraud = made("is_fraud", None)
        label = (
            made("transaction_id", payment.get("transaction_id")),
            is_fraud,
            optional("reason", "file"),
            optional("scenario", None) if is_fraud else None,
            event_ms,
            labelled_ms,
            optional("source", self.mapping.source),
        )
        return dict(zip(LABEL_FIELDS, label, strict=True))

    def reference_makers(self, table: str) -> list[tuple[str, Maker]]:
        """Functions that make the fields of a customer or a merchant."""
        return self._makers(SECTION_OF[table])


def reference_of(
    table: str, makers: list[tuple[str, Maker]], values: Values, note: Note
) -> tuple[Any, ...] | None:
    """
    The customer or merchant of a row, in the order of `TABLES[table]`.

    :param note: told what cannot be used and is left out.
    :return: None if the row has none.
    """
    made = dict.fromkeys(TABLES[table])
    for name, make in makers:
        try:
            made[name] = value_for(name, make(values, _ignore))
        except UnmappableError:
            note(f"{table} go without {name}, which is empty or cannot be read")
    key = made[TABLES[table][0]]
    if not isinstance(key, str) or not IDENTIFIER.match(key):
        return None
    return tuple(made.values())


def column_of(name: str) -> Callable[[Values], Any]:
    """How to find a column in a row; a dotted one names a key inside an object."""
    if "." not in name:
        return lambda values: values.get(name)
    path = name.split(".")

    def inside(values: Values) -> Any:
        if name in values:
            return values[name]
        found: Any = values
        for key in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(key)
        return found

    return inside


def _ignore(fact: str) -> None:
    """Nobody asks."""


def encoded(message: Mapping[str, Any]) -> bytes:
    """A message as compact JSON."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
