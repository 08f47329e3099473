"""What producers sent, read from the topic: the source that the stream has no hand in."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
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
RIGHT_TYPES: dict[str, set[type]] = {
    "VARCHAR": {str, type(None)},
    "BIGINT": {int, type(None)},
    "DOUBLE": {float, int, type(None)},
}


def json_objects(value: bytes | None) -> Iterator[dict[str, Any]]:
    """
    The JSON objects of a message, ticks included.

    :param value: a JSON object, or a list whose objects count one by one; anything else has none.
    """
    try:
        found = json.loads(value or b"")
    except (ValueError, RecursionError):
        return
    for item in found if isinstance(found, list) else (found,):
        if isinstance(item, dict):
            yield item


def could_be_payment(item: dict[str, Any]) -> bool:
    """Whether an object names a transaction_id and is of no other kind."""
    return item.get("kind") is None and as_text(item.get("transaction_id")) is not None


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
    payment["amount_cents"] = as_whole(item.get("amount_cents"), is_cut=False)
    payment["event_ms"] = as_whole(item.get("event_ms"), is_cut=True)
    payment["latitude"] = as_double(item.get("latitude"))
    payment["longitude"] = as_double(item.get("longitude"))
    return payment


def as_text(value: Any) -> str | None:
    """Text; numbers and booleans as they are written in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def as_double(value: Any) -> float | None:
    """A number, also one in quotes."""
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def as_whole(value: Any, is_cut: bool) -> int | None:
    """
    A whole number of 64 bits, also one in quotes.

    :param is_cut: 12.7 becomes 12; otherwise it is none.
    """
    if type(value) is not int:
        number = as_double(value)
        if number is None or number - number != 0 or (number % 1 and not is_cut):
            return None
        value = int(value) if isinstance(value, str) and value.strip().isdigit() else int(number)
    return value if -_MAX_BIGINT <= value < _MAX_BIGINT else None


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
                event_ms = as_whole(item.get("event_ms"), is_cut=True)
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
        # A number of more than 64 bits is left to the slow way.
        with contextlib.suppress(pa.ArrowException, OverflowError):
            return _table([*columns, *fields])
    payments = [as_payment(item) for item in items]
    fields = [[payment[name] for payment in payments] for name in SENT]
    return _table([*columns, *fields])


def _table(columns: Sequence[list[Any]]) -> pa.Table:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
