"""What was sent decides what must be stored, and which outcome the rest must have."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from swipestream.settings import REPO_ROOT
from swipestream.verify.parity.columns import SENT
from swipestream.verify.parity.sent_payments import (
    Message,
    as_table,
    payment_in,
    quick_payment_in,
)
from swipestream.verify.parity.stored_outcomes import TOO_OLD
from tests.verify.parity.checks import log_report, mismatched
from tests.verify.parity.stream_by_hand import (
    KEPT,
    Row,
    messages,
    open_database,
    outcomes,
    store,
    stored_by_a_stream,
)

MESSAGE = (
    b'{"transaction_id":"p1","card_id":"c1","customer_id":"u1","merchant_id":"m1",'
    b'"amount_cents":1250,"currency":"EUR","channel":"pos","latitude":48.1,"longitude":11.6,'
    b'"device_id":null,"card_last4":"1234","event_ms":1893456000123}'
)


@pytest.fixture(scope="module")
def sent() -> list[Row]:
    return messages(cards=8, payments=60)


@pytest.fixture
def told(sent: list[Row]) -> list[Row]:
    """The outcome that a correct stream gives each message."""
    return outcomes(sent)


@pytest.fixture
def connection(tmp_path: Path, sent: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path) as opened:
        store(opened, stored_by_a_stream(sent))
        yield opened


def first(told: list[Row], outcome: str) -> Row:
    """The first message with an outcome; a test may change it."""
    return next(row for row in told if row["outcome"] == outcome)


def line(row: Row, found: str, expected: str) -> str:
    place = f"{row['kafka_partition']}:{row['kafka_offset']}"
    return f"{place} {row['transaction_id']} is {found}, should be {expected}"


def test_a_lost_payment_is_named(connection: duckdb.DuckDBPyConnection, told: list[Row]) -> None:
    connection.execute("DELETE FROM stored_payments WHERE transaction_id = 'p1-7'")
    assert log_report(connection, told).unstored == ["p1-7"]


def test_a_rejected_payment_is_not_missing(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    connection.execute("DELETE FROM stored_payments WHERE transaction_id = 'p1-7'")
    for row in told:
        if row["transaction_id"] == "p1-7":
            row["outcome"] = "unreadable"
    assert log_report(connection, told).is_clean


def test_a_payment_nobody_sent_is_named(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    report = log_report(connection, [row for row in told if row["transaction_id"] != "p2-5"])
    assert report.unsent == ["p2-5"]


def test_what_the_topic_no_longer_holds_is_not_extra(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    # Retention took the beginning; what is stored of it is asked of copies that came later.
    half = [row for row in told if row["kafka_offset"] >= len(told) // 4]
    assert any(row["outcome"] == "copy" for row in half)
    report = log_report(connection, half)
    assert report.is_clean
    assert 0 < report.in_log < report.payments


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount_cents", "amount_cents + 1"),
        ("latitude", "1.0"),
        ("device_id", "'stranger'"),
        ("card_id", "'card7'"),
    ],
)
def test_a_field_that_was_not_sent_so_is_found(
    column: str, value: str, connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    connection.execute(
        f"UPDATE stored_payments SET {column} = {value} WHERE transaction_id = 'p2-6'"
    )
    report = log_report(connection, told)
    assert mismatched(report) == {column}
    assert [difference.transaction_id for difference in report.differences] == ["p2-6"]


@pytest.mark.parametrize(
    ("sent_text", "stored"), [("7", "0007"), ("0007", "0007"), ("12345", None), ("7\n", None)]
)
def test_last_digits_are_those_that_the_stream_takes(
    sent_text: str, stored: str | None, connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    for row in told:
        if row["transaction_id"] == "p2-6":
            row["card_last4"] = sent_text
    update = "UPDATE stored_payments SET card_last4 = ? WHERE transaction_id = 'p2-6'"
    connection.execute(update, [stored])
    assert log_report(connection, told).is_clean
    connection.execute(update, ["4321"])
    assert mismatched(log_report(connection, told)) == {"card_last4"}


def test_a_payment_that_is_called_a_copy_is_found(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    row = first(told, "new")
    row["outcome"] = "copy"
    connection.execute(
        "DELETE FROM stored_payments WHERE transaction_id = ?", [row["transaction_id"]]
    )
    report = log_report(connection, told)
    assert report.misjudged == [line(row, "duplicate", "scored")]
    assert not report.is_clean


def test_a_copy_that_says_something_else_is_found(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    row = first(told, "copy")
    row["merchant_id"], row["amount_cents"] = "another", row["amount_cents"] + 1
    assert log_report(connection, told).misjudged == [
        line(row, "duplicate", "conflict: another amount_cents, merchant_id")
    ]


def test_a_conflict_that_is_none_or_is_about_something_else_is_found(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    row = first(told, "conflict")
    row["differing"] = "event_ms"
    assert log_report(connection, told).misjudged == [
        line(row, "conflict: another event_ms", "conflict: another amount_cents")
    ]
    row["amount_cents"] -= 1
    assert log_report(connection, told).misjudged == [
        line(row, "conflict: another event_ms", "duplicate")
    ]


def test_the_same_number_on_another_card_is_another_payment(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    strange = [row | {"transaction_id": row["transaction_id"][3:]} for row in sent]
    store(connection, stored_by_a_stream(strange))
    report = log_report(connection, outcomes(strange))
    assert report.is_clean and report.in_log == len(stored_by_a_stream(sent))


def test_a_payment_that_is_wrongly_too_old_is_found(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    row = [row for row in told if row["outcome"] == "new"][-1]
    row["outcome"] = "too_old"
    connection.execute(
        "DELETE FROM stored_payments WHERE transaction_id = ?", [row["transaction_id"]]
    )
    assert log_report(connection, told).misjudged == [line(row, "rejected as too old", "scored")]


@pytest.mark.parametrize(("behind_ms", "is_wrong"), [(KEPT, False), (KEPT + 1, True)])
def test_a_payment_that_should_be_too_old_is_found(
    behind_ms: int, is_wrong: bool, connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    last = max((row for row in sent if row["card_id"] == "card0"), key=lambda r: r["event_ms"])
    place = max(row["kafka_offset"] for row in sent if row["kafka_partition"] == 0) + 1
    added = last | {
        "transaction_id": "p0-x",
        "event_ms": last["event_ms"] - behind_ms,
        "event_time": last["event_time"] - timedelta(milliseconds=behind_ms),
        "kafka_offset": place,
    }
    told = outcomes([*sent, added], kept_ms=KEPT + 1)
    store(connection, stored_by_a_stream([*sent, added], kept_ms=KEPT + 1))
    found = [text for text in log_report(connection, told).misjudged if "p0-x" in text]
    assert found == ([line(told[-1], "scored", "rejected as too old")] if is_wrong else [])


def test_what_an_earlier_version_did_with_copies_and_age_is_not_judged(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    for row in told:
        if row["outcome"] == "conflict":
            row["outcome"] = "copy"
    assert log_report(connection, told).misjudged
    connection.execute("UPDATE stored_payments SET came_behind_ms = NULL")
    report = log_report(connection, told)
    assert report.is_clean and report.payments == report.in_log == 0


def test_what_is_on_its_way_is_not_misjudged(
    connection: duckdb.DuckDBPyConnection, told: list[Row]
) -> None:
    for row in told:
        if row["outcome"] != "new":
            row["outcome"] = None
    report = log_report(connection, told)
    assert report.misjudged == []


def test_the_reason_is_the_streams() -> None:
    insert = REPO_ROOT / "sql" / "payments" / "store" / "inserts" / "rejected_payments.sql"
    assert f"'{TOO_OLD}'" in insert.read_text("utf-8")


def test_a_message_is_read_as_the_stream_reads_it() -> None:
    payment = payment_in(b" \t\r\n" + MESSAGE + b"\n")
    assert payment is not None
    assert payment["amount_cents"] == 1250 and payment["event_ms"] == 1893456000123
    assert payment["device_id"] is None and payment["latitude"] == 48.1


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        (b"1250", b'"1250"', "amount_cents", 1250),
        (b"1250", b"12.5", "amount_cents", None),
        (b"1250", b"1e3", "amount_cents", 1000),
        (b"1250", b'"1250.0"', "amount_cents", 1250),
        (b"1250", b'" 1250"', "amount_cents", None),
        (b"1250", b'"a lot"', "amount_cents", None),
        (b"1250", b"1" * 400, "amount_cents", None),
        (b"1250", b"true", "amount_cents", None),
        (b"1250", b"9007199254740993.0", "amount_cents", 9007199254740993),
        (b"1250", b"1e99999999999999999999", "amount_cents", None),
        (b"1893456000123", b"1893456000123.9", "event_ms", None),
        (b'"p1"', b"17", "transaction_id", "17"),
        (b'"p1"', b"1e3", "transaction_id", "1e3"),
        (b'"p1"', b"true", "transaction_id", "true"),
        (b"48.1", b'"48.1"', "latitude", 48.1),
        # Of a field that is there twice the last one counts.
        (b'"EUR"', b'"EUR","currency":"USD"', "currency", "USD"),
    ],
)
def test_odd_fields_become_what_the_streams_reader_makes_of_them(
    old: bytes, new: bytes, field: str, expected: object
) -> None:
    payment = payment_in(MESSAGE.replace(old, new))
    assert payment is not None and payment[field] == expected


@pytest.mark.parametrize("place", [b'"0x1p3"', b"1e400", b"-1e400", b'"north"', b"true", b"[]"])
def test_a_position_that_is_no_number_is_no_payment(place: bytes) -> None:
    value = MESSAGE.replace(b"48.1", place)
    assert payment_in(value) is None
    assert quick_payment_in(value) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        MESSAGE[:-5],
        b'{"kind":"tick","event_ms":1893456000123}',
        MESSAGE.replace(b"{", b'{"kind":"payment",'),
        MESSAGE.replace(b"EUR", b"\xff\xfe"),
        MESSAGE.replace(b"EUR", b"E\nR"),
        MESSAGE.replace(b"EUR", b"\\ud800"),
        MESSAGE.replace(b"null", b"NaN"),
        MESSAGE.replace(b"null", b"[]"),
        MESSAGE.replace(b"1250", b"{}"),
        b"[" + MESSAGE + b"]",
        MESSAGE + MESSAGE,
        MESSAGE + b"}",
        b"\xef\xbb\xbf" + MESSAGE,
        MESSAGE.decode().encode("utf-16"),
        b"[" * 100_000 + b'"transaction_id"',
        MESSAGE[:-1] + b',"more":' + b"[" * 1000 + b"]" * 1000 + b"}",
        MESSAGE.replace(b"1250", b"9" * 1001),
    ],
)
def test_what_is_no_payment_has_none(value: bytes | None) -> None:
    assert payment_in(value) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1250", b'"1250"'),
        (b"1250", b"12.5"),
        (b"1250", b"1250.0"),
        (b"1250", b"true"),
        (b"1250", b"{}"),
        (b'"p1"', b"17"),
        (b'"p1"', b"null"),
        (b"48.1", b'"48.1"'),
        (b"48.1", b"48"),
        (b"48.1", b"1e400"),
        (b"48.1", b"1" * 400),
        (b"1893456000123", b"1893456000123.9"),
        (b"1893456000123", b"99999999999999999999"),
        (b"null}", b"1,}"),
        (b'"EUR"', b'"\\ud800"'),
        (b"}", b',"more":' + b"[" * 990 + b"]" * 990 + b"}"),
    ],
)
def test_an_odd_payment_in_a_batch_changes_no_other(old: bytes, new: bytes) -> None:
    values = [MESSAGE, MESSAGE.replace(old, new), None, MESSAGE]
    table = as_table([Message(0, number, 0, value) for number, value in enumerate(values)])
    expected = [
        {"kafka_offset": number} | payment
        for number, value in enumerate(values)
        if (payment := payment_in(value)) is not None
    ]
    assert table.select(["kafka_offset", *SENT]).to_pylist() == expected
