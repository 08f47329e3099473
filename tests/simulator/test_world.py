"""A world keeps the contract of its files and looks like life."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator import World
from simulator.columns import CHANNELS
from simulator.errors import WorldError
from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS, PaymentWriter
from simulator.people import DAY_MS
from simulator.world import WorldArguments
from tests.simulator.conftest import END_MS

IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def assert_is_payment(message: dict[str, Any]) -> None:
    """Everything the pipeline asks of a payment."""
    assert tuple(message) == PAYMENT_FIELDS
    for name in ("transaction_id", "card_id", "customer_id", "merchant_id"):
        assert IDENTIFIER.fullmatch(message[name])
    assert re.fullmatch("[0-9a-f]{32}", message["card_id"])
    assert type(message["amount_cents"]) is int
    assert 0 < message["amount_cents"] <= 100_000_000
    assert message["currency"] == "EUR"
    assert message["channel"] in CHANNELS
    assert re.fullmatch("[0-9]{4}", message["card_last4"])
    assert type(message["event_ms"]) is int
    if message["channel"] == "online":
        assert message["latitude"] is None
        assert message["longitude"] is None
        assert IDENTIFIER.fullmatch(message["device_id"])
    else:
        assert -90 <= message["latitude"] <= 90
        assert -180 <= message["longitude"] <= 180
        assert round(message["latitude"], 5) == message["latitude"]
        assert message["device_id"] is None


def test_every_message_is_a_payment(small_world: World) -> None:
    lines = list(
        PaymentWriter(small_world.setting).lines(small_world.payments, small_world.transaction_ids)
    )
    messages = [json.loads(line) for line in lines]
    for message in messages:
        assert_is_payment(message)
    assert len({message["transaction_id"] for message in messages}) == len(messages)
    # Compact, as Python writes it.
    assert json.dumps(messages[0], separators=(",", ":")).encode() == lines[0]


def test_the_table_holds_the_same_as_the_messages(small_world: World) -> None:
    lines = PaymentWriter(small_world.setting).lines(
        small_world.payments, small_world.transaction_ids
    )
    assert small_world.payments_table().to_pylist() == [json.loads(line) for line in lines]


def test_payments_are_in_order_and_within_the_history(small_world: World) -> None:
    event_ms = small_world.payments.event_ms
    assert (np.diff(event_ms) >= 0).all()
    assert event_ms[0] >= small_world.arguments.begin_ms
    assert event_ms[-1] < END_MS
    # The last day is as full as the others, give or take.
    per_day = np.bincount((event_ms - small_world.arguments.begin_ms) // DAY_MS)
    assert per_day[-1] > per_day.mean() / 2


def test_a_part_of_the_payments(small_world: World) -> None:
    table = small_world.payments_table(END_MS - 2 * DAY_MS, END_MS - DAY_MS)
    times = table.column("event_ms").to_pylist()
    assert END_MS - 2 * DAY_MS <= times[0] <= times[-1] < END_MS - DAY_MS


def test_everybody_named_exists(small_world: World) -> None:
    customers, merchants = small_world.customers_table(), small_world.merchants_table()
    payments = small_world.payments_table()
    assert set(payments["customer_id"].to_pylist()) <= set(customers["customer_id"].to_pylist())
    assert set(payments["merchant_id"].to_pylist()) <= set(merchants["merchant_id"].to_pylist())
    places = dict(
        zip(merchants["merchant_id"].to_pylist(), merchants["city"].to_pylist(), strict=True)
    )
    for merchant, channel in zip(
        payments["merchant_id"].to_pylist(), payments["channel"].to_pylist(), strict=True
    ):
        assert (channel == "online") == (places[merchant] is None)


def test_customers_have_homes_in_many_places() -> None:
    world = World.generate(seed=1, customers=3000, merchants=1500, days=2, end_ms=END_MS)
    customers = world.customers_table().to_pydict()
    assert len(set(customers["home_country"])) >= 8
    assert len(set(customers["utc_offset_minutes"])) >= 3
    assert len(set(customers["name"])) > 2000
    assert all("@example.org" in email for email in customers["email"])
    assert all(type(opened) is datetime.datetime for opened in customers["account_opened_at"])
    merchants = world.merchants_table().to_pydict()
    assert len(set(merchants["category"])) == 16
    assert all(country for country in merchants["country"])


def test_people_keep_hours_where_they_live() -> None:
    world = World.generate(seed=1, customers=2000, merchants=500, days=20, end_ms=END_MS)
    genuine = world.past.genuine
    offset = world.setting.people.utc_offset_minutes[genuine.customer]
    hour = (genuine.event_ms + offset * 60_000) // 3_600_000 % 24
    night = ((hour >= 2) & (hour < 5)).mean()
    day = ((hour >= 11) & (hour < 14)).mean()
    assert night < day / 5


def test_some_people_travel_and_pay_there(small_world: World) -> None:
    world = World.generate(seed=1, customers=2000, merchants=500, days=30, end_ms=END_MS)
    genuine, shops = world.past.genuine, world.setting.shops
    in_shops = genuine.channel != CHANNELS.index("online")
    homes = world.setting.people.city[genuine.customer]
    away = shops.city[genuine.merchant][in_shops] != homes[in_shops]
    assert 0.02 < away.mean() < 0.3


def test_the_number_of_payments_differs_much_between_cards() -> None:
    world = World.generate(seed=1, customers=3000, merchants=500, days=60, end_ms=END_MS)
    counts = np.bincount(world.past.genuine.customer, minlength=3000) / 60
    assert counts.mean() == pytest.approx(0.5, abs=0.06)
    assert np.quantile(counts, 0.25) < 0.25
    assert np.quantile(counts, 0.99) > 2


def test_labels_fit_the_payments(small_world: World) -> None:
    labels = small_world.labels_table().to_pylist()
    times = dict(zip(small_world.transaction_ids, small_world.payments.event_ms, strict=True))
    frauds = {
        identifier
        for identifier, fraud in zip(small_world.transaction_ids, small_world.is_fraud, strict=True)
        if fraud
    }
    assert len({label["transaction_id"] for label in labels}) == len(labels)
    assert {label["transaction_id"] for label in labels if label["is_fraud"]} == frauds
    for label in labels:
        assert tuple(label) == LABEL_FIELDS
        assert label["event_ms"] == times[label["transaction_id"]]
        assert label["labelled_ms"] > label["event_ms"]
        assert label["source"] == "simulator"
        assert (label["scenario"] is not None) == label["is_fraud"]
        assert (label["reason"] == "confirmed_genuine") == (not label["is_fraud"])
    known = [label["labelled_ms"] for label in labels]
    assert known == sorted(known)


def test_nine_labels_in_ten_come_within_three_weeks() -> None:
    world = World.generate(seed=1, customers=3000, merchants=500, days=40, end_ms=END_MS)
    labels = world.labels
    delay_days = (labels.labelled_ms - world.payments.event_ms[labels.payment]) / DAY_MS
    assert np.quantile(delay_days, 0.9) < 21
    assert delay_days.max() > 7


@pytest.mark.parametrize("share", [0.0, 0.005, 0.01])
def test_fraud_has_its_share(share: float) -> None:
    world = World.generate(
        seed=1, customers=2000, merchants=500, days=30, end_ms=END_MS, fraud_share=share
    )
    assert world.is_fraud.mean() == pytest.approx(share, rel=0.2)


def test_every_scenario_happens() -> None:
    world = World.generate(seed=1, customers=2000, merchants=500, days=30, end_ms=END_MS)
    assert set(np.unique(world.payments.scenario)) == set(range(-1, len(world.scenarios)))


def test_a_third_of_a_leaked_cards_later_payments_is_fraud() -> None:
    world = World.generate(
        seed=1, customers=2000, merchants=500, days=90, end_ms=END_MS, fraud_share=0.03
    )
    payments = world.payments
    leaked = [scenario.name for scenario in world.scenarios].index("leaked_card")
    shares = []
    for episode in np.unique(payments.episode[payments.scenario == leaked]):
        rows = np.flatnonzero(payments.episode == episode)
        if len(rows) < 4:
            continue
        inside = slice(rows[0], rows[-1] + 1)
        same_card = payments.customer[inside] == payments.customer[rows[0]]
        shares.append(len(rows) / same_card.sum())
    assert np.mean(shares) == pytest.approx(1 / 3, abs=0.12)


def test_reading_back_gives_the_same_world(small_world: World, tmp_path: Path) -> None:
    small_world.write(tmp_path / "world")
    again = World.read(tmp_path / "world")
    assert again.arguments == small_world.arguments
    assert again.payments_table() == small_world.payments_table()


def test_a_folder_of_something_else_is_left_alone(small_world: World, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work")
    with pytest.raises(WorldError, match="holds something that is not a world"):
        small_world.write(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_no_world_there(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"world\.json does not exist") as caught:
        World.read(tmp_path)
    assert "swipestream simulate world" in caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"generator_version": 1}'])
def test_a_damaged_description(text: str, tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(text)
    with pytest.raises(WorldError, match="does not describe a world"):
        World.read(tmp_path)


def test_a_world_of_another_version(small_world: World, tmp_path: Path) -> None:
    small_world.write(tmp_path / "world")
    file = tmp_path / "world" / "world.json"
    file.write_text(file.read_text().replace('"generator_version": 1', '"generator_version": 0'))
    with pytest.raises(WorldError, match="was written by version 0"):
        World.read(tmp_path / "world")


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"customers": 0}, "customers = 0 is not between 10 and"),
        ({"merchants": 3}, "merchants = 3 is not between 20 and"),
        ({"days": 0}, "days = 0 is not between 1 and"),
        ({"fraud_share": 0.7}, "fraud share 0.7 is not"),
        ({"pace": 0}, "pace 0 is not"),
        ({"end_ms": 12}, "not between the years 2000 and 2100"),
    ],
)
def test_numbers_that_make_no_world(change: dict[str, Any], fact: str) -> None:
    values = {"seed": 1, "end_ms": END_MS} | change
    with pytest.raises(WorldError, match=fact):
        WorldArguments(**values).check()
