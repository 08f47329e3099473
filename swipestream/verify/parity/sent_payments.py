"""What producers sent, read from the topic: the source that the stream has no hand in."""

import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from swipestream.verify.parity.columns import SENT
from swipestream.verify.topic_reading import Stretch, TopicReader

SCHEMA = pa.schema(
    [
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("arrived_at", pa.timestamp("ms")),
        *(
            (name, {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}[kind])
            for name, kind in SENT.items()
        ),
    ]
)
# Of fields that may be taken as they come out of Python's reader.
USUAL_TYPES: dict[str, set[type]] = {
    "VARCHAR": {str, type(None)},
    "BIGINT": {int, type(None)},
    "DOUBLE": {float, int, type(None)},
}
_USUAL = tuple((name, USUAL_TYPES[kind]) for name, kind in SENT.items())
_DECIMAL = tuple(name for name, kind in SENT.items() if kind == "DOUBLE")
_INFINITE = (math.inf, -math.inf)
# How deep the stream's JSON reader goes, and how many digits a number may have.
DEEPEST, MOST_DIGITS = 1000, 1000
_MAX_BIGINT = 2**63
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# Escapes that are whole: a pair of surrogates, and those of a single character.
_WHOLE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u]", re.DOTALL)

Payment = dict[str, Any]
Read = Callable[[bytes | None], Payment | None]


class Message(NamedTuple):
    """
    A message and where it is.

    :param arrived_ms: Kafka's time of it, UTC epoch milliseconds.
    """

    partition: int
    offset: int
    arrived_ms: int
    value: bytes | None


class Literal(str):
    """A number as it is written in a message."""


def _literal(text: str) -> Literal:
    if has_too_many_digits(text):
        raise ValueError("a number of too many digits")
    return Literal(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_QUICK = json.JSONDecoder(parse_constant=_no_constant)
_EXACT = json.JSONDecoder(parse_int=_literal, parse_float=_literal, parse_constant=_no_constant)


def payment_in(value: bytes | None) -> Payment | None:
    """
    The payment of a message as the stream reads it, valid or not; None if the message is none.

    :param value: strict JSON in UTF-8: one object that names a transaction_id and is of no kind,
        none of its fields a list or an object, no position anything but a number, and nothing
        after it.
    :return: a field of the wrong type is None.
    """
    if not value:
        return None
    try:
        found = decoded(value.decode())
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    fields = list(map(found.get, SENT))
    if not could_be_payment(found) or any(isinstance(field, list | dict) for field in fields):
        return None
    payment = {name: read(field) for (name, read), field in zip(_READERS, fields, strict=True)}
    if any(payment[name] is None and found.get(name) is not None for name in _DECIMAL):
        return None
    return payment


def could_be_payment(item: Payment) -> bool:
    """Whether an object names a transaction_id and is of no kind."""
    return item.get("kind") is None and item.get("transaction_id") is not None


def quick_payment_in(value: bytes | None) -> Payment | None:
    """The same in half the time, as long as nothing about the message is odd."""
    # Only a long one is nested too deeply or has too many digits; half of a surrogate pair is an
    # escape.
    if not value or len(value) > MOST_DIGITS or b"\\u" in value:
        return payment_in(value)
    try:
        item = _QUICK.decode(value.decode())
    except ValueError:
        return None
    if not isinstance(item, dict) or not could_be_payment(item):
        return None
    for name, types in _USUAL:
        if type(item.get(name)) not in types:
            return payment_in(value)
    # Too large a number comes out as infinity.
    return payment_in(value) if any(item.get(name) in _INFINITE for name in _DECIMAL) else item


def decoded(text: str) -> Any:
    """
    A JSON text's value.

    :raises ValueError: it is not JSON, nested deeper than the stream reads, or holds half of a
        surrogate pair.
    """
    if _SURROGATE.search(text) and _SURROGATE.search(_WHOLE.sub("", text)):
        raise ValueError("half of a character")
    if text.count("[") + text.count("{") > DEEPEST and depth(text) > DEEPEST:
        raise ValueError("nested too deeply")
    before = sys.getrecursionlimit()
    try:
        return _EXACT.decode(text)
    except RecursionError:
        sys.setrecursionlimit(before + 2 * DEEPEST)
        return _EXACT.decode(text)
    finally:
        sys.setrecursionlimit(before)


def depth(text: str) -> int:
    """How many lists and objects of a JSON text are open at most at the same time."""
    brackets = re.sub(r'"(?:[^"\\]|\\.)*"?|[^"\[\]{}]+', "", text, flags=re.DOTALL)
    steps = (1 if bracket in "[{" else -1 for bracket in brackets)
    return max(itertools.accumulate(steps), default=0)


def has_too_many_digits(text: str) -> bool:
    """Whether a number is written with more digits than the stream reads."""
    return len(text) > MOST_DIGITS and sum(map(str.isdigit, text)) > MOST_DIGITS


def as_text(value: Any) -> str | None:
    """Text; a number or a truth value as it is written."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def as_double(value: Any) -> float | None:
    """A number, also one in quotes."""
    if not is_number(value):
        return None
    number = float(value)
    return None if math.isinf(number) else number


def as_whole(value: Any) -> int | None:
    """A whole number of 64 bits, also one in quotes, however it is written: 1000, 1e3, 1000.0."""
    if not is_number(value):
        return None
    if not re.search("[1-9]", re.split("[eE]", value)[0]):
        return 0
    try:
        number = Decimal(value)
    except InvalidOperation:
        # Its exponent alone has more digits than any of 64 bits.
        return None
    if not -_MAX_BIGINT <= number < _MAX_BIGINT or number != number.to_integral_value():
        return None
    return int(number)


def is_number(value: Any) -> bool:
    """Whether a field is written as a JSON number, in quotes or not."""
    return (
        isinstance(value, str)
        and _NUMBER.fullmatch(value) is not None
        and not has_too_many_digits(value)
    )


_READ = {"VARCHAR": as_text, "BIGINT": as_whole, "DOUBLE": as_double}
_READERS = tuple((name, _READ[kind]) for name, kind in SENT.items())


def create_sent_payments(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty table, with a row for every message that names a transaction_id."""
    fields = ", ".join(f"{name} {kind}" for name, kind in SENT.items())
    connection.execute(
        "CREATE OR REPLACE TABLE sent_payments (kafka_partition INTEGER, kafka_offset BIGINT, "
        f"arrived_at TIMESTAMP, {fields})"
    )


def load_sent_payments(
    reader: TopicReader,
    connection: duckdb.DuckDBPyConnection,
    stretch: Stretch,
    on_messages: Callable[[int], None] = lambda count: None,
) -> int:
    """
    Fill the DuckDB table `sent_payments`, copies and invalid payments included, from the topic.

    :param on_messages: told how many messages were read so far.
    :return: messages read.
    """
    create_sent_payments(connection)
    count = 0
    for batch in reader.messages(stretch, on_messages):
        count += len(batch)
        messages = [
            Message(one.partition() or 0, one.offset() or 0, one.timestamp()[1], one.value())
            for one in batch
        ]
        connection.register("sent_batch", as_table(messages))
        connection.execute("INSERT INTO sent_payments SELECT * FROM sent_batch")
        connection.unregister("sent_batch")
    return count


def as_table(messages: Sequence[Message]) -> pa.Table:
    """The payments of messages in columns."""
    try:
        table = _table(messages, quick_payment_in)
    except (pa.ArrowException, OverflowError):
        # A number of more than 64 bits.
        return _table(messages, payment_in)
    doubles = [name for name, kind in SENT.items() if kind == "DOUBLE"]
    is_infinite = any(pc.any(pc.is_inf(table[name])).as_py() for name in doubles)
    return _table(messages, payment_in) if is_infinite else table


def _table(messages: Sequence[Message], read: Read) -> pa.Table:
    found = [(message, read(message.value)) for message in messages]
    rows = [
        (message.partition, message.offset, message.arrived_ms, *map(payment.get, SENT))
        for message, payment in found
        if payment is not None
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
