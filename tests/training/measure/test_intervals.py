"""Intervals: as wide as they should be, the same by seed, narrower for a paired difference."""

from collections.abc import Callable

import numpy as np
import pytest

from training.measure.intervals import difference, interval
from training.measure.ranking import Ranking


def mean_of(values: np.ndarray) -> Callable[[np.ndarray | None], float]:
    return lambda weights: float(np.average(values, weights=weights))


def test_the_interval_of_a_mean_is_the_textbooks() -> None:
    values = np.random.default_rng(7).normal(size=400)
    found = interval(mean_of(values), np.arange(400), seed=1, resamples=2000)
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)


def test_payments_of_one_card_are_drawn_together() -> None:
    # 20 cards of 50 equal payments: as much is known as from 20 payments.
    by_card = np.random.default_rng(7).normal(size=20)
    values, card = np.repeat(by_card, 50), np.repeat(np.arange(20), 50)
    together = interval(mean_of(values), card, seed=1)
    alone = interval(mean_of(values), np.arange(1000), seed=1)
    assert together.high - together.low > 5 * (alone.high - alone.low)


def test_a_difference_is_surer_than_its_parts() -> None:
    random = np.random.default_rng(7)
    label = (random.random(3000) < 0.1).astype(int)
    card = random.integers(0, 500, 3000)
    scores = random.normal(size=3000) + label
    better = Ranking(label, scores + 0.2 * label).average_precision
    worse = Ranking(label, scores).average_precision
    one = interval(worse, card, seed=1, resamples=200)
    both = difference(better, worse, card, seed=1, resamples=200)
    assert both.low > 0
    assert both.high - both.low < 0.7 * (one.high - one.low)
    swapped = difference(worse, better, card, seed=1, resamples=200)
    assert (swapped.low, swapped.high) == pytest.approx((-both.high, -both.low))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(50.0)
    assert interval(mean_of(values), values, seed=3) == interval(mean_of(values), values, seed=3)
    assert interval(mean_of(values), values, seed=3) != interval(mean_of(values), values, seed=4)


def test_resamples_without_fraud_are_left_out() -> None:
    ranking = Ranking(np.array([1, 0, 0, 0]), np.array([4.0, 3.0, 2.0, 1.0]))
    found = interval(ranking.average_precision, np.arange(4), seed=1)
    assert (found.low, found.high) == (1.0, 1.0)
    nothing = interval(Ranking(np.zeros(4), np.ones(4)).average_precision, np.arange(4), seed=1)
    assert np.isnan(nothing.low)
