"""The benchmark's file of payments: in order, some twice, and no ties."""

import json

import pytest

from simulator import World

pytest.importorskip("confluent_kafka", reason="only the streaming environment sends")
from bench.streaming.payments_file import COPY_DISTANCE, last_tick, messages

COPIES = 0.05


@pytest.fixture(scope="module")
def sent() -> list[dict[str, object]]:
    world = World.generate(
        seed=3, customers=200, merchants=40, days=9, end_ms=1_900_000_000_000, pace=5
    )
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


def test_no_two_payments_of_a_card_are_at_the_same_millisecond(
    sent: list[dict[str, object]],
) -> None:
    first = first_ones(sent)
    assert len({(payment["card_id"], payment["event_ms"]) for payment in first}) == len(first)


def test_people_may_share_a_card() -> None:
    world = World.generate(
        seed=3, customers=200, merchants=40, days=9, end_ms=1_900_000_000_000, pace=5
    )
    found = [json.loads(line) for _, line in messages(world, 0.0, seed=3, people_per_card=100)]
    assert len({payment["card_id"] for payment in found}) == 2
    assert len({(payment["card_id"], payment["event_ms"]) for payment in found}) == len(found)
    assert len(found) > 0.99 * len(world.payments)


def test_a_heartbeat_ends_the_file(sent: list[dict[str, object]]) -> None:
    world = World.generate(
        seed=3, customers=200, merchants=40, days=9, end_ms=1_900_000_000_000, pace=5
    )
    newest = max(int(str(payment["event_ms"])) for payment in sent)
    # 50 ms of disorder are allowed: by then the clock has passed the newest payment.
    assert json.loads(last_tick(world)) == {"kind": "tick", "event_ms": newest + 1_000}
