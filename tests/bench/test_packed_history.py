"""A card's history as bytes equals the one of Python objects, and stays small."""

import random
from collections.abc import Iterator
from typing import Any

from bench.streaming.peers.card_history import MINUTE_MS, WINDOWS_MS
from bench.streaming.peers.card_state import REMEMBERED_MS, CardState
from bench.streaming.peers.packed_history import added

BEGIN_MS = 1_893_456_000_000
HOUR_MS = 60 * MINUTE_MS
PAYMENTS = 400
# Each window's length, and a millisecond less and more.
EDGES = [length + off for length in WINDOWS_MS.values() for off in (-1, 0, 1)]


def payment(number: int, event_ms: int, draws: random.Random) -> dict[str, Any]:
    place = (None, None) if draws.random() < 0.3 else (draws.uniform(-90, 90), draws.uniform(0, 9))
    return {
        "transaction_id": f"p-{number}",
        "merchant_id": f"m-{draws.randrange(5)}",
        "amount_cents": draws.choice([0, draws.randrange(2**40)]),
        "latitude": place[0],
        "longitude": place[1],
        "event_ms": event_ms,
    }


def messages(seed: int) -> Iterator[dict[str, Any]]:
    """Of one card in order of time, some at the same millisecond; some come again."""
    draws = random.Random(seed)
    moment = BEGIN_MS
    sent: list[dict[str, Any]] = []
    for number in range(PAYMENTS):
        moment += draws.choice([0, 1, draws.choice(EDGES), *(draws.randrange(1, HOUR_MS),) * 8])
        sent.append(payment(number, moment, draws))
        yield sent[-1]
        again = draws.choice(sent[-5:])
        if draws.random() < 0.2 and again["event_ms"] > moment - WINDOWS_MS["24h"]:
            yield again


def test_it_says_what_python_objects_say() -> None:
    for seed in range(20):
        packed, state = None, CardState()
        for message in messages(seed):
            found = added(packed, message)
            assert (found and found[1]) == state.add(message)
            packed = found[0] if found else packed


def test_an_old_payment_takes_no_room() -> None:
    draws = random.Random(1)
    packed: bytes | None = None
    sizes = []
    for number in range(30):
        found = added(packed, payment(number, BEGIN_MS + number * REMEMBERED_MS // 10, draws))
        assert found
        packed = found[0]
        sizes.append(len(packed))
    # Eleven lie within the time that is remembered, with its two ends.
    assert sizes[-1] == sizes[10] == 16 + 11 * 40
