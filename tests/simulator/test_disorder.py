"""Disorder does exactly what its account says."""

import collections
import itertools
import json

import pytest

from simulator import Account, Disorder, Message, World, disturbed, live_payments
from simulator.disorder import MALFORMATIONS
from simulator.errors import WorldError
from tests.simulator.conftest import END_MS

COUNT = 4000


@pytest.fixture(scope="module")
def stream(small_world: World) -> list[Message]:
    """Payments in order."""
    return [
        payment.message
        for payment in itertools.islice(live_payments(small_world, END_MS, rate=200), COUNT)
    ]


def disturb(stream: list[Message], disorder: Disorder) -> tuple[list[Message], Account]:
    """All at once."""
    account = Account()
    return list(disturbed(stream, disorder, account, seed=1)), account


def test_no_disorder_changes_nothing(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder())
    assert messages == stream
    assert account.payments == account.messages == COUNT
    assert account.lines() == []


def test_everything_at_once_adds_up(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(0.1, 0.05, 0.1, 0.04, 0.06))
    assert account.payments == COUNT
    assert len(messages) == account.messages
    assert len(messages) == COUNT + account.duplicate + account.malformed.total()
    times = [message.send_ms for message in messages]
    assert times == sorted(times)
    ids = collections.Counter(message.transaction_id for message in messages if message.value)
    assert set(ids) - {""} == {message.transaction_id for message in stream}
    assert account.late == pytest.approx(0.1 * COUNT, rel=0.2)
    assert account.malformed.total() == pytest.approx(0.04 * COUNT, rel=0.35)
    assert len(account.ids["late"]) == account.late
    assert len(account.lines()) == 1


def test_late_payments_are_dated_back(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(late=0.2))
    behind = {
        message.transaction_id
        for message in messages
        if message.value and json.loads(message.value)["event_ms"] <= message.send_ms - 5000
    }
    assert behind == account.ids["late"]


def test_duplicates_are_the_same_bytes(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(duplicate=0.2))
    values = collections.Counter(message.value for message in messages)
    assert sum(count == 2 for count in values.values()) == account.duplicate
    assert max(values.values()) == 2


def test_payments_out_of_order_keep_their_time(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(out_of_order=0.3))
    held = {
        message.transaction_id
        for message in messages
        if message.value and json.loads(message.value)["event_ms"] < message.send_ms
    }
    assert held == account.ids["out_of_order"]
    assert [m.transaction_id for m in messages] != [m.transaction_id for m in stream]


def test_strangers(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(unknown=0.2))
    payments = [json.loads(message.value or b"") for message in messages]
    customers = sum(payment["customer_id"].startswith("c-unknown-") for payment in payments)
    merchants = sum(payment["merchant_id"].startswith("m-unknown-") for payment in payments)
    assert (customers, merchants) == (account.unknown_customer, account.unknown_merchant)
    assert customers
    assert merchants


def test_malformed_messages_come_on_top_and_are_of_every_kind(stream: list[Message]) -> None:
    messages, account = disturb(stream, Disorder(malformed=0.5))
    assert set(account.malformed) == set(MALFORMATIONS)
    assert [message for message in messages if message.transaction_id] == stream


def is_payment(value: bytes | None, send_ms: int) -> bool:
    """Whether a strict reader would take it."""
    try:
        payment = json.loads((value or b"").decode())
        return (
            type(payment["amount_cents"]) is int
            and payment["amount_cents"] >= 0
            and bool(payment["card_id"])
            and "\0" not in payment["merchant_id"]
            and payment["currency"] == "EUR"
            and payment["channel"] in ("pos", "online", "atm")
            and (payment["latitude"] is None) == (payment["longitude"] is None)
            and payment["event_ms"] <= send_ms + 300_000
        )
    except (ValueError, KeyError, TypeError):
        return False


@pytest.mark.parametrize("kind", MALFORMATIONS)
def test_every_malformation_is_one(kind: str, stream: list[Message]) -> None:
    for message in stream[:200]:
        assert message.value is not None
        assert is_payment(message.value, message.send_ms)
        assert not is_payment(MALFORMATIONS[kind](message.value), message.send_ms)


@pytest.mark.parametrize(
    "disorder", [Disorder(late=1.5), Disorder(duplicate=-0.1), Disorder(late=0.6, unknown=0.6)]
)
def test_shares_that_are_none(disorder: Disorder, stream: list[Message]) -> None:
    with pytest.raises(WorldError):
        disturb(stream, disorder)


def test_the_same_seed_gives_the_same_disorder(stream: list[Message]) -> None:
    disorder = Disorder(0.1, 0.1, 0.1, 0.1, 0.1)
    assert disturb(stream, disorder) == disturb(stream, disorder)
