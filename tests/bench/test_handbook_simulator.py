"""The simulator does what the book describes: paces, amounts, places and three kinds of fraud."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("sklearn")

from bench.handbook.simulator import (
    CARD,
    GENUINE,
    LARGE,
    START_MS,
    TERMINAL,
    Payments,
    Size,
    simulate,
)

DAYS = 12


@pytest.fixture(scope="module")
def full_size() -> Payments:
    return simulate(Size(days=DAYS), seed=7)


def test_as_many_payments_as_the_book_has(full_size: Payments) -> None:
    # Two a day, of which 3.1 % would fall on another day: 1.77 million in 183 days.
    assert len(full_size) == pytest.approx(5_000 * 2 * 0.969 * DAYS, rel=0.03)
    assert full_size.amount_cents.mean() == pytest.approx(53_50, rel=0.05)


def test_payments_come_in_order_on_the_days_there_are(full_size: Payments) -> None:
    assert (np.diff(full_size.event_ms) >= 0).all()
    assert full_size.event_ms[0] >= START_MS
    assert set(full_size.day) == set(range(DAYS))


def test_a_large_amount_is_a_fraud(full_size: Payments) -> None:
    large = full_size.amount_cents > 220_00
    assert (full_size.label[large] == 1).all()
    assert large[full_size.scenario == LARGE].all()
    # 978 of 1.75 million in the book.
    assert (full_size.scenario == LARGE).mean() == pytest.approx(0.00056, rel=0.5)


def test_compromised_terminals_are_so_for_28_days() -> None:
    payments = simulate(Size(200, 60, 80, 20.0, bad_terminals=1, stolen_cards=0), seed=3)
    assert not (payments.scenario == CARD).any()
    for number in range(60):
        rows = np.flatnonzero(payments.terminal == number)
        is_bad = payments.scenario[rows] == TERMINAL
        turns = np.flatnonzero(np.diff(is_bad.astype(int)))
        for begin, end in pairwise(turns):
            if is_bad[end]:
                # From the last good day before to the first one after.
                assert payments.day[rows[end + 1]] - payments.day[rows[begin]] >= 29
    # One terminal of 60 a day, 28 days long: of those that pass, some are hit twice.
    share = (payments.scenario[payments.day > 28] == TERMINAL).mean()
    assert share == pytest.approx(1 - np.exp(-28 / 60), abs=0.06)


def test_one_in_three_payments_of_a_stolen_card_is_five_times_as_large() -> None:
    size = Size(200, 60, 80, 20.0, bad_terminals=0, stolen_cards=2)
    payments = simulate(size, seed=3)
    assert not (payments.scenario == TERMINAL).any()
    thefts, good = payments.scenario == CARD, payments.scenario == GENUINE
    # Two of 200 cards a day for 14 days, some of them twice; a third of their payments.
    assert thefts.mean() == pytest.approx((1 - np.exp(-28 / 200)) / 3, abs=0.015)
    ratio = payments.amount_cents[thefts].mean() / payments.amount_cents[good].mean()
    assert ratio == pytest.approx(5, rel=0.15)


def test_people_pay_close_to_home(payments: Payments) -> None:
    # A circle of radius 20 holds at most an eighth of the square, so of 60 terminals about 8.
    visited = [len(np.unique(payments.terminal[payments.card == card])) for card in range(200)]
    assert 2 < np.mean(visited) < 10


def test_the_seed_makes_the_payments() -> None:
    size = Size(50, 100, 20, 10.0)
    first, again, other = (simulate(size, seed) for seed in (1, 1, 2))
    for name in ("event_ms", "card", "terminal", "amount_cents", "scenario"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert len(first) != len(other) or (first.event_ms != other.event_ms).any()


def test_who_has_no_terminal_close_by_pays_nothing() -> None:
    assert len(simulate(Size(5, 2, 5, 0.01, stolen_cards=1), seed=1)) == 0
