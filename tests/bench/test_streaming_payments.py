"""The benchmark's file of payments: all of the world's, in order, some twice."""

import json

import pytest

from simulator import World

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
from bench.streaming.payments_file import COPY_DISTANCE, messages

COPIES = 0.05


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(
        seed=3, customers=200, merchants=40, days=9, end_ms=1_900_000_000_000, pace=5
    )


@pytest.fixture(scope="module")
def sent(world: World) -> list[dict[str, object]]:
    found = list(messages(world, COPIES, seed=3))
    assert all(key == json.loads(line)["card_id"] for key, line in found)
    return [json.loads(line) for _, line in found]


def first_ones(sent: list[dict[str, object]]) -> list[dict[str, object]]:
    found: dict[object, dict[str, object]] = {}
    for payment in sent:
        found.setdefault(payment["transaction_id"], payment)
    return list(found.values())


def test_some_messages_come_twice_and_soon(sent: list[dict[str, object]]) -> None:
    places: dict[object, list[int]] = {}
    for place, payment in enumerate(sent):
        places.setdefault(payment["transaction_id"], []).append(place)
    twice = [found for found in places.values() if len(found) > 1]
    assert max(map(len, places.values())) == 2
    assert COPIES / 2 < len(twice) / len(places) < COPIES * 2
    assert all(0 < second - first < 2 * COPY_DISTANCE for first, second in twice)


def test_times_go_up_but_for_copies(sent: list[dict[str, object]]) -> None:
    times = [int(str(payment["event_ms"])) for payment in first_ones(sent)]
    assert times == sorted(times)


def test_every_payment_comes(world: World, sent: list[dict[str, object]]) -> None:
    ids = [payment["transaction_id"] for payment in first_ones(sent)]
    assert ids == world.transaction_ids


def test_people_may_share_a_card(world: World) -> None:
    found = [json.loads(line) for _, line in messages(world, 0.0, seed=3, people_per_card=100)]
    assert len({payment["card_id"] for payment in found}) == 2
    assert len(found) == len(world.payments)
