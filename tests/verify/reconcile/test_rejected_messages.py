"""Places, edits and payloads as an operator writes and reads them."""

import json
from datetime import datetime
from typing import Any

import pytest

from swipestream.errors import SwipestreamError
from swipestream.verify.reconcile.redriving import Again
from swipestream.verify.reconcile.rejected import (
    Rejected,
    edited,
    from_database,
    parse_edits,
    parse_place,
)
from swipestream.verify.topic_reading import Place


def rejected(payload: bytes | None, **fields: Any) -> Rejected:
    values: dict[str, Any] = {
        "kafka_topic": "payments",
        "kafka_partition": 0,
        "kafka_offset": 7,
        "reason": "the message is empty",
        "arrived_at": datetime(2030, 1, 1),
        "rejected_at": datetime(2030, 1, 1),
        "payload": payload,
        "is_payload_lost": False,
        "redriven_at": None,
        "new_partition": None,
        "new_offset": None,
    }
    return Rejected(**(values | fields))


@pytest.mark.parametrize("text", ["payments:1:23", "1:23"])
def test_a_place_is_written_with_or_without_the_topic(text: str) -> None:
    assert parse_place(text, "payments") == Place(1, 23)


@pytest.mark.parametrize("text", ["", "x", "1", ":", "1:", "a:b", "labels:1:23", "1:-2", "::1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(SwipestreamError):
        parse_place(text, "payments")


def test_an_edit_is_json_or_text() -> None:
    edits = parse_edits(["currency=EUR", "amount_cents=1250", "device_id=null", "card_id=a=b"])
    assert edits == {
        "currency": "EUR",
        "amount_cents": 1250,
        "device_id": None,
        "card_id": "a=b",
    }
    with pytest.raises(SwipestreamError, match="currency is not field=value"):
        parse_edits(["currency"])


def test_an_edited_payment_stays_in_its_partition_unless_its_card_changes() -> None:
    item = Again(Place(1, 2), b"c1", b'{"card_id":"c1","currency":"XXX"}', 1)
    same = edited(item, {"currency": "EUR"}, "payments:1:2")
    assert (same.key, same.partition) == (b"c1", 1)
    assert json.loads(same.value or b"") == {"card_id": "c1", "currency": "EUR"}
    other = edited(item, {"card_id": "c2"}, "payments:1:2")
    assert (other.key, other.partition) == (b"c2", None)


@pytest.mark.parametrize("value", [None, b"", b"payment of", b"[1]", b'"text"'])
def test_only_an_object_can_be_edited(value: bytes | None) -> None:
    with pytest.raises(SwipestreamError, match="payments:1:2 is not a JSON object"):
        edited(Again(Place(1, 2), b"c1", value, 1), {"currency": "EUR"}, "payments:1:2")


def test_a_payload_is_shown_on_one_line_without_control_characters() -> None:
    assert rejected(b'{"a":"\x00\xff\n"}').text == '{"a":"\\x00\\xff\\n"}'
    assert rejected(None).text == "(not fetched yet)"
    assert rejected(None, is_payload_lost=True).text == "(lost)"


def test_a_message_the_topic_dropped_comes_from_the_database_if_whole() -> None:
    whole = from_database(rejected(b'{"card_id":"c1","amount_cents":-1}'))
    assert (whole.key, whole.value) == (b"c1", b'{"card_id":"c1","amount_cents":-1}')
    for payload in (None, b'{"card_id":"************1111"}'):
        with pytest.raises(SwipestreamError, match="not whole"):
            from_database(rejected(payload))
