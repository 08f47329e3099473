"""Card testing at one merchant is noticed within minutes; busy shops and odd cards are not."""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.drift.simulated_days import note_bins
from simulator import World, live_payments
from simulator.columns import ONLINE_CHANNEL
from simulator.drift import Drift, read_drift
from simulator.live import LivePayment
from swipestream.database import dashboard_schema
from swipestream.drift import attacks
from swipestream.drift.attacks import (
    CHANCE,
    SCORES,
    TESTING,
    AttackWatch,
    binomial_tail,
    cards_limit,
    poisson_tail,
    scores_limit,
)
from swipestream.drift.events import events, open_events
from swipestream.settings import REPO_ROOT
from tests.drift.conftest import Database, days_ago
from tests.drift.stored_payments import store

SCORE_BINS = {"unknown": 0.0, "edges": [0.01, 0.3], "shares": [0.5, 0.4, 0.1]}


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def small(cards: int, until: datetime, merchant: str = "m1") -> Iterator[dict[str, Any]]:
    """Small online payments of different cards, one every three seconds."""
    for number in range(cards):
        at = until - timedelta(seconds=3 * (cards - number))
        yield {
            "event_time": at, "merchant_id": merchant, "amount_cents": 150, "card_id": f"x{number}",
            "transaction_id": f"small-{merchant}-{number}-{until:%d%H%M%S}",
        }  # fmt: skip


def usual(database: Database, small_count: int, high_count: int, merchant: str = "m1") -> None:
    """Four weeks of a merchant with 400 payments a day; all others have 1,000 small ones a day."""
    for day in range(1, 29):
        for name, small_ones in ((merchant, small_count), ("others", 1_000)):
            database.execute(
                "INSERT INTO dashboards.merchant_days VALUES (%s, %s, 400, %s, %s)",
                [days_ago(day), name, small_ones, high_count],
            )


def test_card_testing_at_one_merchant_is_noticed(database: Database) -> None:
    usual(database, small_count=20, high_count=10)
    store(database, small(40, now()))
    (event,) = AttackWatch().look(database, now())
    assert (event.signal, event.subject, event.ended_at) == (TESTING, "m1", None)
    assert event.text == ("m1: small online payments of 40 cards within 5 minutes, usual are 0.8")
    assert event.began_at == event.fired_at - timedelta(seconds=117)


def test_it_is_noted_once_even_after_a_restart(database: Database) -> None:
    store(database, small(40, now()))
    watch = AttackWatch()
    assert len(watch.look(database, now())) == 1
    store(database, small(45, now() + timedelta(seconds=20)))
    assert watch.look(database, now()) == []
    # Another process knows it from the table.
    assert AttackWatch().look(database, now()) == []
    assert len(events(database)) == 1


def test_it_is_over_after_half_an_hour_of_quiet(database: Database) -> None:
    begin = now()
    store(database, small(40, begin))
    watch = AttackWatch()
    watch.look(database, begin)
    database.execute("UPDATE scored_payments SET event_time = event_time - INTERVAL '20 minutes'")
    store(database, [{"event_time": begin, "transaction_id": "later"}])
    assert watch.look(database, begin + timedelta(minutes=20)) == []
    (event,) = watch.look(database, begin + timedelta(minutes=31))
    assert event.ended_at is not None
    assert open_events(database) == []
    # The next one is another event.
    store(database, small(40, begin + timedelta(seconds=30), "m1"))
    assert len(watch.look(database, begin + timedelta(minutes=32))) == 1
    assert len(events(database)) == 2


def test_what_is_usual_at_a_shop_is_no_attack(database: Database) -> None:
    # A games shop: half of all small payments are there.
    usual(database, small_count=1_000, high_count=10, merchant="games")
    store(database, small(90, now(), "games"))
    store(database, small(90, now(), "others"))
    assert AttackWatch().look(database, now()) == []


def test_an_earlier_attack_does_not_become_usual(database: Database) -> None:
    usual(database, small_count=5, high_count=10)
    # Two of the 28 days.
    database.execute(
        "UPDATE dashboards.merchant_days SET small_count = 90000 "
        "WHERE merchant_id = 'm1' AND day_at >= %s",
        [days_ago(2)],
    )
    store(database, small(40, now()))
    assert len(AttackWatch().look(database, now())) == 1


def test_one_card_is_no_attack(database: Database) -> None:
    store(database, ({**row, "card_id": "one"} for row in small(60, now())))
    assert AttackWatch().look(database, now()) == []


@pytest.mark.parametrize(
    "changed", [{"channel": "pos"}, {"amount_cents": 1000}], ids=["in a shop", "not small"]
)
def test_other_payments_are_no_tests(database: Database, changed: dict[str, Any]) -> None:
    store(database, ({**row, **changed} for row in small(60, now())))
    assert AttackWatch().look(database, now()) == []


@pytest.mark.parametrize(
    "odd", [{"score": 0.31}, {"decision": "block", "score": None}], ids=["scores", "declined"]
)
def test_a_shift_of_scores_at_one_merchant_is_noticed(
    database: Database, odd: dict[str, Any]
) -> None:
    note_bins(database, "m-1", {"score_bins": SCORE_BINS})
    usual(database, small_count=0, high_count=20)
    rows = [{**row, "amount_cents": 9_000} for row in small(30, now())]
    store(database, ({**row, **odd} if number % 10 else row for number, row in enumerate(rows)))
    (event,) = AttackWatch().look(database, now())
    assert event.signal == SCORES
    assert event.text == "m1: high scores of 27 of 30 cards within 5 minutes, usual are 5%"


def test_old_payments_that_are_read_again_alarm_about_their_own_minutes(
    database: Database,
) -> None:
    # A day of payments, one a minute, all stored just now.
    long_ago = now() - timedelta(days=9)
    store(
        database,
        (
            {**row, "event_time": long_ago + timedelta(minutes=number)}
            for number, row in enumerate(small(600, long_ago))
        ),
    )
    assert AttackWatch().look(database, now()) == []


def test_the_roll_up_knows_what_is_usual(database: Database) -> None:
    note_bins(database, "m-1", {"score_bins": SCORE_BINS})
    store(database, small(40, days_ago(0.4)))
    store(
        database,
        [{**row, "amount_cents": 5_000, "score": 0.7} for row in small(9, days_ago(0.5))],
    )
    dashboard_schema.refresh(database)
    found = database.execute(
        "SELECT merchant_id, payment_count, small_count, high_count FROM dashboards.merchant_days"
    ).fetchall()
    assert found == [("m1", 49, 40, 9)]


def test_chance_hardly_ever_alarms() -> None:
    # Two million windows of merchants of every size, when their share is one and a half times the
    # usual one.
    rng = np.random.default_rng(5)
    alarms = 0
    for mean in (0.01, 0.1, 1.0, 10.0, 100.0):
        counts = rng.poisson(1.5 * mean, 2_000_000)
        alarms += int((counts >= cards_limit(mean)).sum())
    for cards, share in ((10, 0.1), (40, 0.1), (200, 0.3)):
        counts = rng.binomial(cards, share, 2_000_000)
        alarms += int((counts >= scores_limit(cards, share)).sum())
    assert alarms == 0
    # It is not because nothing can alarm.
    assert cards_limit(0.1) <= 12 and cards_limit(10) < 60 and scores_limit(40, 0.1) < 35


@pytest.mark.parametrize(("count", "mean"), [(8, 0.5), (20, 4.0), (60, 31.0), (3, 9.0)])
def test_tails_are_those_of_a_plain_sum(count: int, mean: float) -> None:
    terms = [1.0 * np.exp(-mean)]
    for number in range(1, 400):
        terms.append(terms[-1] * mean / number)
    expected = sum(terms[count:]) if count > mean else 1.0
    assert poisson_tail(count, mean) == pytest.approx(expected, rel=1e-6)
    assert binomial_tail(0, 9, 0.3) == pytest.approx(1)
    assert binomial_tail(9, 9, 0.3) == pytest.approx(0.3**9)
    assert poisson_tail(cards_limit(9), 9 * attacks.OTHER_HOURS) <= CHANCE


@pytest.mark.parametrize("share", [None, 0.0, 0.1, 0.9])
@pytest.mark.parametrize("cards", [1, 7, 8, 40, 400])
def test_the_limit_of_scores_is_the_least_that_chance_hardly_gives(
    cards: int, share: float | None
) -> None:
    usual = min(0.9, 1.5 * (attacks.UNKNOWN_HIGH_SHARE if share is None else share) + 0.05)
    terms = [math.comb(cards, k) * usual**k * (1 - usual) ** (cards - k) for k in range(cards + 1)]
    rare = (k for k in range(attacks.LEAST_CARDS, cards + 1) if math.fsum(terms[k:]) <= CHANCE)
    assert scores_limit(cards, share) == next(rare, max(attacks.LEAST_CARDS, cards + 1))


def test_the_limit_of_a_busy_merchant_takes_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = itertools.count()

    def lgamma(value: float) -> float:
        next(steps)
        return math.lgamma(value)

    # What each of the terms that are added up needs.
    monkeypatch.setattr(attacks, "math", SimpleNamespace(**vars(math) | {"lgamma": lgamma}))
    assert 1_200 < scores_limit(3_000, None) < 1_300
    assert next(steps) < 200_000


def test_the_simulators_card_testing_is_found_within_minutes(database: Database) -> None:
    """The attack of samples/drift.toml, after ten minutes of a quick stream, and nothing else."""
    start = now() - timedelta(minutes=16)
    start_ms = int((start - datetime(1970, 1, 1)).total_seconds() * 1000)
    world = World.generate(seed=2, customers=6_000, merchants=400, days=3, end_ms=start_ms)
    know_the_past(database, world)
    (newcomer,) = read_drift(REPO_ROOT / "samples" / "drift.toml").newcomers
    # As many tests a minute as at 200 payments a second.
    often = replace(newcomer, scenario=replace(newcomer.scenario, weight=900))
    stream = live_payments(world, start_ms, rate=10, drift=Drift(newcomers=(often,)))
    until_ms = start_ms + 16 * 60_000
    sent = list(itertools.takewhile(lambda payment: payment.event_ms < until_ms, stream))
    watch, found = AttackWatch(), []
    for minute in range(16):
        end_ms = start_ms + (minute + 1) * 60_000
        store(database, (as_stored(payment) for payment in between(sent, end_ms)))
        found += watch.look(database, start + timedelta(minutes=minute + 1))
    (event,) = found
    begin = start + timedelta(minutes=10)
    assert begin - timedelta(minutes=5) < event.began_at < begin + timedelta(minutes=1)
    assert begin < event.fired_at <= begin + timedelta(minutes=2)
    attacked = {
        as_stored(payment)["merchant_id"]
        for payment in sent
        if payment.scenario == "shop_under_test"
    }
    assert attacked == {event.subject}


def know_the_past(database: Database, world: World) -> None:
    """What is usual at each merchant, from the world's history."""
    past, shops = world.past.genuine, world.setting.shops
    is_small = (past.channel == ONLINE_CHANNEL) & (past.amount_cents < 1000)
    counts = np.bincount(past.merchant, minlength=len(shops.merchant_ids))
    small_counts = np.bincount(past.merchant[is_small], minlength=len(counts))
    rows = [
        (days_ago(2), merchant, int(count), int(small_count))
        for merchant, count, small_count in zip(
            shops.merchant_ids, counts, small_counts, strict=True
        )
        if count
    ]
    database.cursor().executemany(
        "INSERT INTO dashboards.merchant_days VALUES (%s, %s, %s, %s, 0)", rows
    )


def between(sent: list[LivePayment], end_ms: int) -> list[LivePayment]:
    """The payments of the minute that ends then."""
    return [payment for payment in sent if end_ms - 60_000 <= payment.event_ms < end_ms]


def as_stored(payment: LivePayment) -> dict[str, Any]:
    """A message as a row, not scored."""
    message = json.loads(payment.value)
    kept = ("transaction_id", "card_id", "merchant_id", "amount_cents", "channel")
    at = datetime(1970, 1, 1) + timedelta(milliseconds=payment.event_ms)
    return {name: message[name] for name in kept} | {"event_time": at, "model_version": None}
