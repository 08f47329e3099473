"""Live payments continue where the history ends."""

import collections
import itertools
import json

import numpy as np
import pytest

from simulator import Pace, World, live_payments
from simulator.errors import WorldError
from simulator.live import LivePayment
from tests.simulator.conftest import END_MS
from tests.simulator.test_world import assert_is_payment

START_MS = END_MS + 5_000


@pytest.fixture(scope="module")
def world() -> World:
    """Enough cards for a minute of 100 payments a second."""
    return World.generate(seed=5, customers=8000, merchants=600, days=20, end_ms=END_MS)


@pytest.fixture(scope="module")
def minute(world: World) -> list[LivePayment]:
    """A minute of 100 payments a second."""
    return list(itertools.islice(live_payments(world, START_MS, rate=100), 6000))


def test_every_message_is_a_payment_at_its_time(minute: list[LivePayment]) -> None:
    for payment in minute:
        message = json.loads(payment.value)
        assert_is_payment(message)
        assert message["event_ms"] == payment.event_ms
        assert message["card_id"] == payment.card_id
        assert message["transaction_id"] == payment.transaction_id


def test_the_rate_is_kept_exactly(minute: list[LivePayment]) -> None:
    assert [payment.event_ms for payment in minute] == [START_MS + 10 * n for n in range(6000)]


def test_no_card_goes_out_twice_in_a_round(minute: list[LivePayment]) -> None:
    ordinary = collections.Counter(
        payment.card_id for payment in minute if payment.scenario is None
    )
    # An outing may have a second or third payment; that does not make it a second outing.
    assert sum(count > 1 for count in ordinary.values()) < 0.02 * len(ordinary)


def test_who_rests_comes_last(world: World, minute: list[LivePayment]) -> None:
    cards = world.setting.people.card_ids
    first = {payment.card_id for payment in minute[:2000] if payment.scenario is None}
    resting = frozenset(number for number, card in enumerate(cards) if card in first)
    again = itertools.islice(live_payments(world, START_MS, rate=100, resting=resting), 2000)
    assert not first & {payment.card_id for payment in again if payment.scenario is None}


def test_busy_cards_come_first(world: World, minute: list[LivePayment]) -> None:
    pace = dict(zip(world.setting.people.card_ids, world.setting.people.pace, strict=True))
    early = np.mean([pace[payment.card_id] for payment in minute[:1000]])
    assert early > 1.3 * world.setting.people.pace.mean()


def test_fraud_keeps_its_share(minute: list[LivePayment]) -> None:
    share = np.mean([payment.is_fraud for payment in minute])
    assert share == pytest.approx(0.007, abs=0.003)


def test_whole_episodes_fit_in_a_minute(minute: list[LivePayment]) -> None:
    frauds = [payment for payment in minute if payment.is_fraud]
    assert len({payment.scenario for payment in frauds}) >= 5
    per_card = collections.Counter(payment.card_id for payment in frauds)
    assert max(per_card.values()) >= 3


def test_fraud_is_labelled_later_and_the_message_does_not_tell(minute: list[LivePayment]) -> None:
    for payment in minute:
        if payment.is_fraud:
            assert payment.label is not None
            assert payment.label.is_fraud
            assert payment.label.labelled_ms > payment.event_ms
            assert payment.scenario is not None
            assert payment.scenario.encode() not in payment.value


def test_the_same_stream_again(world: World, minute: list[LivePayment]) -> None:
    assert list(itertools.islice(live_payments(world, START_MS, rate=100), 500)) == minute[:500]
    other = list(itertools.islice(live_payments(world, START_MS, rate=100, seed=1), 500))
    assert not {payment.transaction_id for payment in other} & {
        payment.transaction_id for payment in minute
    }


def test_names_do_not_collide_with_the_history(world: World, minute: list[LivePayment]) -> None:
    assert not {payment.transaction_id for payment in minute} & set(world.transaction_ids)


def test_travellers_pay_where_they_are(world: World, minute: list[LivePayment]) -> None:
    trips = world.setting.trips
    ids = {
        identifier: number for number, identifier in enumerate(world.setting.people.customer_ids)
    }
    merchants = {
        identifier: number for number, identifier in enumerate(world.setting.shops.merchant_ids)
    }
    seen = 0
    for payment in minute:
        message = json.loads(payment.value)
        if payment.scenario is not None or message["channel"] == "online":
            continue
        customer = np.array([ids[message["customer_id"]]])
        trip, travelling = trips.at(customer, np.array([payment.event_ms]))
        if trip[0] >= 0:
            seen += 1
            assert not travelling[0]
            city = world.setting.shops.city[merchants[message["merchant_id"]]]
            assert city == trips.city[trip[0]]
    assert seen > 10


def test_a_stream_that_begins_long_after_the_history(world: World) -> None:
    later = END_MS + 3 * 86_400_000
    payments = list(itertools.islice(live_payments(world, later, rate=1000), 3000))
    assert payments[-1].event_ms == later + 2999
    assert any(payment.scenario == "impossible_travel" for payment in payments)


def test_several_rounds(small_world: World) -> None:
    payments = list(itertools.islice(live_payments(small_world, START_MS, rate=10), 2000))
    ordinary = collections.Counter(p.card_id for p in payments if p.scenario is None)
    assert len(ordinary) > 290
    # 2,000 payments of 300 cards: each had six or seven turns.
    assert max(ordinary.values()) <= 20


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 2_000_000])
def test_a_rate_that_is_none(small_world: World, rate: float) -> None:
    with pytest.raises(WorldError, match="rate"):
        live_payments(small_world, START_MS, rate)


def test_bursts_keep_the_mean_rate() -> None:
    pace = Pace(rate=100, factor=4, every_seconds=10, burst_seconds=2)
    pace.check()
    times = [pace.moment_ms(number) for number in range(3001)]
    assert times == sorted(times)
    assert times[1000] == 10_000
    assert times[3000] == 30_000
    assert sum(time < 2000 for time in times) == pytest.approx(800, abs=2)


@pytest.mark.parametrize(
    ("pace", "fact"),
    [
        (Pace(100, factor=0.5), "burst 0.5 is below 1"),
        (Pace(100, factor=9), "more than 60 s at the rate"),
        (Pace(100, factor=2, every_seconds=5, burst_seconds=10), "does not fit"),
    ],
)
def test_bursts_that_cannot_be(pace: Pace, fact: str) -> None:
    with pytest.raises(WorldError, match=fact):
        pace.check()
