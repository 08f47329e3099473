"""What producers sent, read from the topic: the source that the stream has no hand in."""

import contextlib
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from swipestream.parity.columns import SENT
from swipestream.topic_reading import Stretch, TopicReader

_TEXT = tuple(name for name, kind in SENT.items() if kind == "VARCHAR")
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
TIMES = pa.schema(
    [
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("position", pa.int64()),
        ("arrived_ms", pa.int64()),
        ("event_ms", pa.int64()),
    ]
)
_MAX_BIGINT = 2**63
# How deep the stream's JSON reader goes.
DEEPEST = 1000
# What Java's String.trim takes away, and what its numbers look like in text.
_TRIMMED = "".join(map(chr, range(33)))
_DOUBLE = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?)"
)
_HEX_DOUBLE = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[dDfF]?"
)
_LONG = re.compile(r"[+-]?\d{1,400}")
RIGHT_TYPES: dict[str, set[type]] = {
    "VARCHAR": {str, type(None)},
    "BIGINT": {int, type(None)},
    "DOUBLE": {float, int, type(None)},
}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# Of raw control characters in a text the stream's reader takes no notice.
_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)


def json_objects(value: bytes | None) -> Iterator[dict[str, Any]]:
    """
    The JSON objects of a message, ticks included.

    :param value: a JSON object, or a list whose objects count one by one; anything else has none.
        What follows the object or list is not read.
    """
    if not value:
        return
    try:
        found = first_value(value.decode(json.detect_encoding(value)))
    except ValueError:
        return
    for item in found if isinstance(found, list) else (found,):
        if isinstance(item, dict):
            yield item


def first_value(text: str) -> Any:
    """
    The first JSON value of a text.

    :raises ValueError: there is none, or it is nested deeper than the stream reads.
    """
    begin = len(text) - len(text.lstrip(" \t\r\n"))
    with contextlib.suppress(RecursionError):
        return _DECODER.raw_decode(text, begin)[0]
    if depth(text) > DEEPEST:
        raise ValueError("nested too deeply")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 2 * DEEPEST)
    try:
        return _DECODER.raw_decode(text, begin)[0]
    finally:
        sys.setrecursionlimit(before)


def depth(text: str) -> int:
    """How many lists and objects of a JSON text are open at most at the same time."""
    brackets = re.sub(r'"(?:[^"\\]|\\.)*"?|[^"\[\]{}]+', "", text, flags=re.DOTALL)
    steps = (1 if bracket in "[{" else -1 for bracket in brackets)
    return max(itertools.accumulate(steps), default=0)


def could_be_payment(item: dict[str, Any]) -> bool:
    """Whether an object names a transaction_id and is of no other kind."""
    return item.get("kind") is None and item.get("transaction_id") is not None


def objects_in(value: bytes | None) -> Iterator[dict[str, Any]]:
    """The JSON objects of a message that could be payments."""
    return filter(could_be_payment, json_objects(value))


def payments_in(value: bytes | None) -> Iterator[dict[str, Any]]:
    """
    The payments of a message as the stream's json format reads them, valid or not.

    :return: a field of the wrong type is None.
    """
    return map(as_payment, objects_in(value))


def as_payment(item: dict[str, Any]) -> dict[str, Any]:
    """
    The fields of a payment with the types of the table.

    :param item: a JSON object.
    """
    payment: dict[str, Any] = {name: as_text(item.get(name)) for name in _TEXT}
    payment["amount_cents"] = as_whole(item.get("amount_cents"))
    payment["event_ms"] = as_long(item.get("event_ms"))
    payment["latitude"] = as_double(item.get("latitude"))
    payment["longitude"] = as_double(item.get("longitude"))
    return payment


def as_text(value: Any) -> str | None:
    """Text; numbers as Java writes them; a list or an object is some text, too."""
    if value is None:
        return None
    if isinstance(value, str):
        # Half a surrogate pair is no character: Java writes a question mark.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return java_text(value)
    if isinstance(value, list | dict):
        # No text of a payment may look like that, so what is inside does not matter.
        return "{}"
    return str(value).lower()


def java_text(number: float) -> str:
    """A number as Java's Double.toString writes it: `1.0E10` where Python has `10000000000.0`."""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    first, *others = map(str, digits)
    mantissa = f"{'-' * sign}{first}.{''.join(others) or '0'}"
    return f"{mantissa}E{exponent + len(others)}"


def as_double(value: Any) -> float | None:
    """A number, also one in quotes, as Java's Double.parseDouble reads it."""
    if isinstance(value, str):
        text = value.strip(_TRIMMED)
        if _HEX_DOUBLE.fullmatch(text):
            return float.fromhex(text.rstrip("dDfF"))
        return float(text.rstrip("dDfF")) if _DOUBLE.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_whole(value: Any) -> int | None:
    """A whole number of 64 bits that was read as a DOUBLE."""
    number = as_double(value)
    if number is None or not number.is_integer():
        return None
    return _in_64_bits(int(number))


def as_long(value: Any) -> int | None:
    """A number of 64 bits that was read as a BIGINT: 12.7 is cut off to 12, `"12.7"` is none."""
    if isinstance(value, str):
        text = value.strip(_TRIMMED)
        return _in_64_bits(int(text)) if _LONG.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    is_endless = isinstance(value, float) and not math.isfinite(value)
    return None if is_endless else _in_64_bits(int(value))


def _in_64_bits(number: int) -> int | None:
    return number if -_MAX_BIGINT <= number < _MAX_BIGINT else None


def create_sent_payments(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty tables: payments as they were sent, and the time of every JSON object."""
    fields = ", ".join(f"{name} {kind}" for name, kind in SENT.items())
    connection.execute(
        "CREATE OR REPLACE TABLE sent_payments (kafka_partition INTEGER, kafka_offset BIGINT, "
        f"arrived_at TIMESTAMP, {fields})"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE message_times (kafka_partition INTEGER, kafka_offset BIGINT, "
        "position BIGINT, arrived_ms BIGINT, event_ms BIGINT)"
    )


def load_sent_payments(
    reader: TopicReader,
    connection: duckdb.DuckDBPyConnection,
    stretch: Stretch,
    on_messages: Callable[[int], None] = lambda count: None,
) -> int:
    """
    Fill the DuckDB tables `sent_payments`, copies and invalid payments included, and
    `message_times` from the topic.

    :param on_messages: told how many messages were read so far.
    :return: messages read.
    """
    create_sent_payments(connection)
    count = 0
    for messages in reader.messages(stretch, on_messages):
        count += len(messages)
        places, items, times = [], [], []
        for message in messages:
            partition, offset = message.partition(), message.offset()
            arrived_ms = message.timestamp()[1]
            for position, item in enumerate(json_objects(message.value())):
                event_ms = as_long(item.get("event_ms"))
                times.append((partition, offset, position, arrived_ms, event_ms))
                if could_be_payment(item):
                    places.append((partition, offset, arrived_ms))
                    items.append(item)
        if times:
            connection.register("times_batch", times_table(times))
            connection.execute("INSERT INTO message_times SELECT * FROM times_batch")
            connection.unregister("times_batch")
        if items:
            connection.register("sent_batch", as_table(places, items))
            connection.execute("INSERT INTO sent_payments SELECT * FROM sent_batch")
            connection.unregister("sent_batch")
    return count


def times_table(times: Sequence[tuple[Any, ...]]) -> pa.Table:
    """
    Times of messages in columns.

    :param times: partition, offset, position in the message, arrival and event time in UTC epoch
        milliseconds.
    """
    columns = zip(*times, strict=True)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, TIMES, strict=True)]
    return pa.Table.from_arrays(arrays, schema=TIMES)


def as_table(places: Sequence[tuple[Any, Any, Any]], items: Sequence[dict[str, Any]]) -> pa.Table:
    """
    Payments in columns.

    :param places: partition, offset and time of arrival of each.
    :param items: JSON objects. If all fields are of the right type, as they nearly always are, they
        are taken as they are.
    """
    columns = [list(column) for column in zip(*places, strict=True)]
    fields = [[item.get(name) for item in items] for name in SENT]
    if all(
        RIGHT_TYPES[kind].issuperset(map(type, values))
        for values, kind in zip(fields, SENT.values(), strict=True)
    ):
        # A number of more than 64 bits and half a surrogate pair are left to the slow way.
        with contextlib.suppress(pa.ArrowException, OverflowError, UnicodeEncodeError):
            return _table([*columns, *fields])
    payments = [as_payment(item) for item in items]
    fields = [[payment[name] for payment in payments] for name in SENT]
    return _table([*columns, *fields])


def _table(columns: Sequence[list[Any]]) -> pa.Table:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
