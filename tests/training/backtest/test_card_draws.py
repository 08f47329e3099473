"""Intervals by drawing cards: those of the usual way, without touching most of the cards."""

import pytest

pytest.importorskip("sklearn")

import numpy as np

from training.backtest.card_draws import intervals
from training.measure.intervals import interval


def test_they_are_those_of_drawing_every_card() -> None:
    rng = np.random.default_rng(3)
    cards = 400
    sums = np.zeros((cards, 4))
    busy = rng.choice(cards, 80, replace=False)
    sums[busy, 0] = rng.integers(1, 5, 80)
    sums[busy, 1] = np.minimum(sums[busy, 0], rng.integers(0, 4, 80))
    sums[busy, 2] = sums[busy, 1] + rng.integers(0, 3, 80)
    sums[busy, 3] = rng.normal(1_000, 4_000, 80)
    found = intervals(sums[busy], cards, seed=1, resamples=4_000)

    def share(part: int, whole: int):  # type: ignore[no-untyped-def]
        def measure(weights: "np.ndarray | None") -> float:
            weight = np.ones(cards) if weights is None else weights
            return float(weight @ sums[:, part] / (weight @ sums[:, whole]))

        return measure

    for name, part, whole in (("precision", 1, 0), ("recall", 1, 2)):
        expected = interval(share(part, whole), np.arange(cards), seed=2, resamples=4_000)
        got = getattr(found, name)
        assert got.value == expected.value
        assert (got.low, got.high) == pytest.approx((expected.low, expected.high), abs=0.02)
    saved = interval(
        lambda w: float((np.ones(cards) if w is None else w) @ sums[:, 3]),
        np.arange(cards),
        seed=2,
        resamples=4_000,
    )
    width = saved.high - saved.low
    assert found.saved_cents.low == pytest.approx(saved.low, abs=width / 10)
    assert found.saved_cents.high == pytest.approx(saved.high, abs=width / 10)


def test_without_alerts_or_frauds_nothing_can_be_told() -> None:
    found = intervals(np.zeros((0, 4)), 10, seed=1)
    assert np.isnan(found.precision.value) and np.isnan(found.recall.value)
    assert found.saved_cents.value == 0
    only_frauds = intervals(np.array([[0.0, 0.0, 2.0, 0.0]]), 10, seed=1)
    assert np.isnan(only_frauds.precision.value)
    assert only_frauds.recall.value == 0
