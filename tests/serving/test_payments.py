"""What the API accepts the stream does not reject; what it refuses it explains, by field."""

import json
import time
from typing import Any

import pytest

from serving.decisions.payments import FIELDS, MOST_BYTES, now_ms, read_payment, too_old
from serving.decisions.refusal import RefusalError
from swipestream.sending.payment_checks import MOST_MS_BEHIND
from tests.pipeline.fuzz.corpus import corpus
from tests.pipeline.fuzz.judge import is_valid, read
from tests.sql.reject_reasons import HISTORY_REASONS, PAYMENT_REASONS

GOOD: dict[str, Any] = {
    "transaction_id": "t-1",
    "card_id": "c-1",
    "customer_id": "k-1",
    "merchant_id": "m-1",
    "amount_cents": 1000,
    "currency": "EUR",
    "channel": "pos",
    "latitude": 48.5,
    "longitude": 2,
    "device_id": None,
    "card_last4": "0034",
    "event_ms": 1_900_000_000_000,
}
NOW_MS = 1_900_000_000_000
CARD_NUMBER = "4111111111111111"


def body(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def refusal(sent: bytes) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        read_payment(sent, NOW_MS)
    return caught.value


def test_20000_fuzzed_bodies_become_payments_that_the_stream_takes_or_are_explained() -> None:
    at_ms = time.time_ns() // 1_000_000
    accepted = 0
    for message in corpus(seed=5, count=20_000, begin_ms=at_ms - 86_400_000):
        try:
            payment = read_payment(message.value or b"", at_ms)
        except RefusalError as error:
            assert error.status in (400, 413, 422)
            assert error.fact and error.hint, message
            assert message.family != "good", f"{error.fact}: {message}"
            continue
        accepted += 1
        judged = read(payment.message())
        assert judged is not None and is_valid(judged, at_ms), message
        assert {name: judged[name] for name in FIELDS} == dict(payment.values), message
    assert accepted > 3000


@pytest.mark.parametrize(
    "changes, field, fact",
    [
        ({"transaction_id": ""}, "transaction_id", "transaction_id is missing or not 1 to 64"),
        ({"transaction_id": 7}, "transaction_id", "transaction_id is not 1 to 64"),
        ({"card_id": "a b"}, "card_id", "card_id is missing or not 1 to 64"),
        ({"card_id": CARD_NUMBER}, "card_id", "card_id looks like a card number"),
        ({"merchant_id": f"m-{CARD_NUMBER}"}, "merchant_id", "an identifier holds a card number"),
        ({"device_id": f"d-{CARD_NUMBER}"}, "device_id", "an identifier holds a card number"),
        ({"device_id": "é"}, "device_id", "device_id is not 1 to 64"),
        ({"amount_cents": True}, "amount_cents", "amount_cents is missing or not an integer"),
        ({"amount_cents": 7.5}, "amount_cents", "amount_cents is missing or not an integer"),
        ({"amount_cents": -1}, "amount_cents", "amount_cents is below 0"),
        ({"amount_cents": 10**8 + 1}, "amount_cents", "amount_cents is above 100000000"),
        ({"currency": "XXX"}, "currency", "currency is missing or not supported"),
        ({"currency": ["EUR"]}, "currency", "currency is a list or an object"),
        ({"channel": "phone"}, "channel", "channel is missing or not one of"),
        ({"latitude": None}, "latitude", "latitude and longitude are not both present"),
        ({"latitude": 91}, "latitude", "latitude is not between -90 and 90"),
        ({"latitude": "48"}, "latitude", "latitude is not a number"),
        ({"longitude": -180.1}, "longitude", "longitude is not between -180 and 180"),
        ({"card_last4": "12345"}, "card_last4", "card_last4 is not 4 digits"),
        ({"card_last4": 1234}, "card_last4", "card_last4 is not 4 digits"),
        ({"event_ms": 1}, "event_ms", "event_ms is before the year 2000"),
        ({"event_ms": NOW_MS + 300_001}, "event_ms", "event_ms is more than 5 minutes"),
        ({"event_ms": "now"}, "event_ms", "event_ms is missing or not an integer"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(
    changes: dict[str, Any], field: str, fact: str
) -> None:
    error = refusal(body(**changes))
    assert error.status == 422
    assert error.field == field
    assert error.fact.startswith(fact)
    assert error.hint
    assert CARD_NUMBER not in f"{error.fact} {error.hint}"


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("event_ms",)])
def test_a_field_of_any_other_type_is_refused(name: str) -> None:
    values: tuple[Any, ...] = ([], {}, {"a": 1}, False)
    for value in values:
        assert refusal(body(**{name: value})).status == 422


def test_its_reasons_are_the_streams_but_for_what_the_stream_goes_on_without() -> None:
    """The stream reads a device or a place that is not usable as an unknown one, too."""
    for changes in (
        {"transaction_id": None},
        {"card_id": CARD_NUMBER},
        {"device_id": f"d-{CARD_NUMBER}"},
        {"amount_cents": -1},
        {"latitude": 91},
        {"event_ms": 1},
    ):
        assert refusal(body(**changes)).fact in PAYMENT_REASONS
    error = too_old(MOST_MS_BEHIND + 1)
    assert error and error.fact in HISTORY_REASONS
    assert too_old(MOST_MS_BEHIND) is None and too_old(None) is None


@pytest.mark.parametrize(
    "sent, status",
    [
        (b"", 400),
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (body(more=1), 422),
        (body(kind="payment"), 422),
        (b" " * MOST_BYTES + body(), 413),
    ],
)
def test_a_body_that_is_no_payment_is_refused(sent: bytes, status: int) -> None:
    assert refusal(sent).status == status


def test_without_a_time_it_is_now_and_the_same_request_is_known_again() -> None:
    sent = body(event_ms=None)
    first, second = read_payment(sent, NOW_MS), read_payment(sent, NOW_MS + 60_000)
    assert (first.values["event_ms"], second.values["event_ms"]) == (NOW_MS, NOW_MS + 60_000)
    assert first.request_hash == second.request_hash
    assert first.request_hash != read_payment(body(), NOW_MS).request_hash


def test_the_order_of_fields_and_a_null_make_no_other_request() -> None:
    turned = json.dumps(dict(reversed(GOOD.items()))).encode()
    without = json.dumps({name: value for name, value in GOOD.items() if value is not None})
    hashes = {
        read_payment(sent, NOW_MS).request_hash for sent in (body(), turned, without.encode())
    }
    assert len(hashes) == 1
    assert read_payment(body(amount_cents=1001), NOW_MS).request_hash not in hashes


def test_an_integer_may_be_written_with_a_point() -> None:
    payment = read_payment(body(amount_cents=7.0, event_ms=float(NOW_MS)), NOW_MS)
    assert payment.values["amount_cents"] == 7
    assert b'"amount_cents":7,' in payment.message()


def test_the_clock_is_in_milliseconds() -> None:
    assert abs(now_ms() - time.time() * 1000) < 1000
