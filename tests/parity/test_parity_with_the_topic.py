"""What was sent is the judge of what is stored."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from swipestream.parity.sent_payments import SENT, as_table, objects_in, payments_in
from tests.parity.checks import log_report, mismatched
from tests.parity.stream_by_hand import Row, messages, open_database, store, stored_by_a_stream

MESSAGE = (
    b'{"transaction_id":"p1","card_id":"c1","customer_id":"u1","merchant_id":"m1",'
    b'"amount_cents":1250,"currency":"EUR","channel":"pos","latitude":48.1,"longitude":11.6,'
    b'"device_id":null,"card_last4":"1234","event_ms":1893456000123}'
)


@pytest.fixture(scope="module")
def sent() -> list[Row]:
    return messages(cards=4, payments=40)


@pytest.fixture
def connection(tmp_path: Path, sent: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path) as opened:
        store(opened, stored_by_a_stream(sent))
        yield opened


def test_a_lost_payment_is_named(connection: duckdb.DuckDBPyConnection, sent: list[Row]) -> None:
    connection.execute("DELETE FROM stored_payments WHERE transaction_id = 'p1-7'")
    assert log_report(connection, sent).unstored == ["p1-7"]


def test_a_rejected_payment_is_not_missing(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    connection.execute("DELETE FROM stored_payments WHERE transaction_id = 'p1-7'")
    places = [
        (row["kafka_partition"], row["kafka_offset"])
        for row in sent
        if row["transaction_id"] == "p1-7"
    ]
    assert log_report(connection, sent, rejected=places).is_clean


def test_a_payment_nobody_sent_is_named(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    report = log_report(connection, [row for row in sent if row["transaction_id"] != "p2-5"])
    assert report.unsent == ["p2-5"]


def test_what_the_topic_no_longer_holds_is_not_extra(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    # Retention took the beginning: offsets 0 and up of the stretch are gone, later ones are there.
    connection.execute("UPDATE stored_payments SET kafka_offset = kafka_offset + 1000000")
    assert log_report(connection, sent).unsent == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount_cents", "amount_cents + 1"), ("latitude", "1.0"), ("device_id", "'stranger'")],
)
def test_a_field_that_was_not_sent_so_is_found(
    column: str, value: str, connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    connection.execute(
        f"UPDATE stored_payments SET {column} = {value} WHERE transaction_id = 'p2-6'"
    )
    report = log_report(connection, sent)
    assert mismatched(report) == {column}
    assert [difference.transaction_id for difference in report.differences] == ["p2-6"]


def test_a_message_is_read_as_the_stream_reads_it() -> None:
    (payment,) = payments_in(MESSAGE)
    assert payment["amount_cents"] == 1250 and payment["event_ms"] == 1893456000123
    assert payment["device_id"] is None and payment["latitude"] == 48.1


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        (b"1250", b'"1250"', "amount_cents", 1250),
        (b"1250", b"12.5", "amount_cents", None),
        (b"1250", b"1e3", "amount_cents", 1000),
        (b"1250", b'"a lot"', "amount_cents", None),
        (b"1250", b"1" * 400, "amount_cents", None),
        (b"1893456000123", b"1893456000123.9", "event_ms", 1893456000123),
        (b'"p1"', b"17", "transaction_id", "17"),
        (b"48.1", b'"48.1"', "latitude", 48.1),
        # Of a field that is there twice the last one counts.
        (b'"EUR"', b'"EUR","currency":"USD"', "currency", "USD"),
    ],
)
def test_odd_fields_become_what_the_json_format_makes_of_them(
    old: bytes, new: bytes, field: str, expected: object
) -> None:
    (payment,) = payments_in(MESSAGE.replace(old, new))
    assert payment[field] == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        MESSAGE[:-5],
        b'{"kind":"tick","event_ms":1893456000123}',
        MESSAGE.replace(b"EUR", b"\xff\xfe"),
        b"[" * 100_000 + b'"transaction_id"',
        MESSAGE.replace(b"1250", b"9" * 5000),
    ],
)
def test_what_is_no_payment_has_none(value: bytes | None) -> None:
    assert list(payments_in(value)) == []


def test_a_list_has_its_payments_one_by_one() -> None:
    two = b"[" + MESSAGE + b',7,"x",' + MESSAGE.replace(b'"p1"', b'"p2"') + b"]"
    assert [payment["transaction_id"] for payment in payments_in(two)] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1250", b'"1250"'),
        (b"1250", b"12.5"),
        (b"1250", b"1250.0"),
        (b"1250", b"true"),
        (b'"p1"', b"17"),
        (b'"EUR"', b'{"a":1}'),
        (b"48.1", b'"48.1"'),
        (b"48.1", b"48"),
        (b"1893456000123", b"1893456000123.9"),
        (b"1893456000123", b"99999999999999999999"),
    ],
)
def test_an_odd_payment_in_a_batch_changes_no_other(old: bytes, new: bytes) -> None:
    values = [MESSAGE, MESSAGE.replace(old, new)]
    items = [item for value in values for item in objects_in(value)]
    table = as_table([(0, number, 0) for number in range(2)], items)
    expected = [payment for value in values for payment in payments_in(value)]
    assert table.select(list(SENT)).to_pylist() == expected


def test_a_payment_behind_its_partition_must_be_late(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    # Of a card of its own, so that only the partition had moved on.
    last = max((row for row in sent if row["kafka_partition"] == 0), key=lambda r: r["event_ms"])
    place = {"kafka_offset": last["kafka_offset"] + 1, "arrived_at": last["arrived_at"]}
    added = [
        last
        | place
        | {"transaction_id": "p9-0", "card_id": "card9", "event_ms": last["event_ms"] - 50}
        | {"event_time": last["event_time"] - timedelta(milliseconds=50)}
    ]
    rows = stored_by_a_stream(sent + added)
    store(connection, rows)
    assert log_report(connection, sent + added).is_clean
    connection.execute("UPDATE stored_payments SET is_late = FALSE WHERE card_id = 'card9'")
    report = log_report(connection, sent + added)
    assert mismatched(report) == {"is_late"}
    assert [difference.transaction_id for difference in report.differences] == ["p9-0"]


def test_late_by_the_watermark_alone_is_counted_and_no_error(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    in_time = "SELECT MIN(transaction_id) FROM stored_payments WHERE NOT is_late"
    connection.execute(
        f"UPDATE stored_payments SET is_late = TRUE WHERE transaction_id = ({in_time})"
    )
    report = log_report(connection, sent)
    assert report.is_clean
    assert report.late_by_watermark == 1
