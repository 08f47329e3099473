"""A payment is scored by what had arrived of its card, whatever the senders' clocks say."""

import random
import time
from typing import Any

import pytest

from tests.pipeline.conftest import Pipeline
from tests.pipeline.history_by_hand import Payment, histories

pytestmark = pytest.mark.stack

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
# The most that a sender's clock may be ahead, and a little less.
AHEAD_MS = 299_000
PARTITIONS = (0, 1)
PATIENCE_SECONDS = 5


def stored(pipeline: Pipeline, payments: list[Payment]) -> list[dict[str, Any]]:
    """What the job made of each payment's history, and nothing else of its row."""
    names = histories(payments[:1])[0].keys()
    return [{name: row[name] for name in names} for row in pipeline.scored(*payments)]


@pytest.mark.parametrize("spread_ms", [500, 2_000])
def test_clocks_of_terminals_make_nobody_late(pipeline: Pipeline, spread_ms: int) -> None:
    draws = random.Random(spread_ms)
    clocks_ms = [draws.uniform(-spread_ms, spread_ms) for _ in range(60)]
    begin_ms = round(time.time() * 1000) - 20_000
    cards = [pipeline.payment()["card_id"] for _ in range(40)]
    payments = [
        pipeline.payment(
            card_id=cards[number % 40],
            merchant_id=f"m-{draws.randrange(5)}",
            amount_cents=draws.randrange(100, 10_000),
            latitude=draws.uniform(48, 49),
            longitude=draws.uniform(2, 3),
            event_ms=round(begin_ms + number * 20 + draws.choice(clocks_ms)),
        )
        for number in range(800)
    ]
    pipeline.send_all(payments)
    expected = histories(payments)
    assert stored(pipeline, payments) == expected
    # A card pays every 800 ms: some of its payments were overtaken, and all have their history.
    assert any(row["came_behind_ms"] for row in expected)


def test_a_payment_out_of_order_is_put_in_its_place(pipeline: Pipeline) -> None:
    now_ms = round(time.time() * 1000)
    card = pipeline.payment()["card_id"]
    payments = [
        pipeline.payment(card_id=card, event_ms=now_ms - age_ms, merchant_id=f"m-{age_ms}")
        for age_ms in (
            *(2 * DAY_MS, HOUR_MS, 0),
            # Behind: between others, before all others, at the same time as another.
            *(2 * HOUR_MS, 3 * DAY_MS, HOUR_MS),
            # In order again: it sees all of them.
            0,
        )
    ]
    pipeline.send(*payments)
    rows = stored(pipeline, payments)
    assert rows == histories(payments)
    assert [row["came_behind_ms"] for row in rows] == [
        *(0, 0, 0),
        *(2 * HOUR_MS, 3 * DAY_MS, HOUR_MS),
        0,
    ]
    assert [row["card_txn_count_24h"] for row in rows] == [0, 0, 1, 0, 0, 2, 4]
    assert rows[-1]["card_txn_count_7d"] == 6


def test_a_terminal_whose_clock_is_ahead_changes_nobody_else(pipeline: Pipeline) -> None:
    now_ms = round(time.time() * 1000)
    fast = pipeline.payment(event_ms=now_ms + AHEAD_MS)
    # One more of the same card, then other cards of either partition.
    after = pipeline.payment(card_id=fast["card_id"], event_ms=now_ms)
    others = [pipeline.payment(event_ms=now_ms + number) for number in range(20)]
    pipeline.send(fast, after, *others)
    payments = [fast, after, *others]
    rows = stored(pipeline, payments)
    assert rows == histories(payments)
    assert rows[1]["came_behind_ms"] == AHEAD_MS and rows[1]["card_txn_count_5m"] == 0
    assert all(row["came_behind_ms"] == 0 for row in rows[2:])


def test_a_forged_tick_is_rejected_and_moves_nobodys_clock(pipeline: Pipeline) -> None:
    now_ms = round(time.time() * 1000)
    tick = b'{"kind":"tick","event_ms":%d}' % (now_ms + AHEAD_MS)
    places = [pipeline.send_bytes(tick, partition=partition) for partition in PARTITIONS]
    payments = [pipeline.payment(event_ms=now_ms + number) for number in range(20)]
    pipeline.send(*payments)
    assert stored(pipeline, payments) == histories(payments)
    for place in places:
        reason = pipeline.rejected(place)["reason"]
        assert reason == "kind is present: this topic takes payments only"


def test_an_old_message_that_is_sent_again_delays_nobody(pipeline: Pipeline) -> None:
    now_ms = round(time.time() * 1000)
    new = pipeline.payment(event_ms=now_ms)
    old = pipeline.payment(card_id=new["card_id"], event_ms=now_ms - 31 * DAY_MS)
    oldest = pipeline.payment(card_id=new["card_id"], event_ms=now_ms - 32 * DAY_MS - 1)
    # Nobody knows this card, so nothing is newer.
    alone = pipeline.payment(event_ms=now_ms - 400 * DAY_MS)
    pipeline.send(new, old, alone)
    place = pipeline.send_payment(oldest)
    later = [pipeline.payment() for _ in range(5)]
    pipeline.send(*later)
    payments = [new, old, alone, *later]
    rows = pipeline.scored(*payments)
    assert stored(pipeline, payments) == histories(payments)
    assert pipeline.rejected(place)["reason"] == (
        "event_ms is more than 32 days before the newest of its card"
    )
    # A busy machine may hold up one of them, and never all of them for the same time.
    waits = [
        (row["stored_at"].replace(tzinfo=None) - row["arrived_at"]).total_seconds()
        for row in rows[-5:]
    ]
    assert min(waits) < PATIENCE_SECONDS
