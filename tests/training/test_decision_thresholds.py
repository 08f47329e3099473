"""Thresholds: block where it is nearly always fraud, review where a look pays, within capacity."""

import pytest

pytest.importorskip("lightgbm")

import numpy as np

from training.decision_thresholds import REVIEW_CAPACITY, choose_thresholds


def ranked(*groups: tuple[float, int, int], amount: int = 10_000) -> tuple[np.ndarray, ...]:
    """Scores, labels and amounts of groups (score, frauds, others)."""
    scores = np.concatenate([np.full(bad + good, score) for score, bad, good in groups])
    label = np.concatenate([[1] * bad + [0] * good for _, bad, good in groups])
    return scores, label, np.full(len(scores), amount)


def test_block_keeps_nine_of_ten_right() -> None:
    found = choose_thresholds(*ranked((0.9, 95, 5), (0.7, 10, 10), (0.01, 0, 9000)))
    # 105 of 120 are fraud from 0.7 on, which is below 90 %.
    assert found.block == pytest.approx(0.9)


def test_review_takes_what_pays() -> None:
    found = choose_thresholds(*ranked((0.9, 95, 5), (0.5, 20, 40), (0.2, 1, 59), (0.01, 0, 99_000)))
    assert found.review == pytest.approx(0.5)
    # 60 looks cost 30,000 cents and find one fraud: worth it only if that is a large one.
    dear = ranked((0.9, 95, 5), (0.5, 20, 40), (0.2, 1, 59), (0.01, 0, 99_000), amount=40_000)
    assert choose_thresholds(*dear).review == pytest.approx(0.2)


def test_review_stays_within_capacity() -> None:
    groups = ((0.9, 95, 5), (0.5, 70, 30), (0.2, 900, 1000), (0.01, 0, 18_000))
    scores, label, amounts = ranked(*groups)
    found = choose_thresholds(scores, label, amounts)
    reviewed = ((scores >= found.review) & (scores < found.block)).mean()
    assert 0 < reviewed <= REVIEW_CAPACITY


def test_without_a_clear_score_nothing_is_blocked() -> None:
    found = choose_thresholds(*ranked((0.6, 50, 50), (0.01, 0, 9900)))
    assert found.block == 1.0
    assert found.review == pytest.approx(0.6)


def test_review_is_never_above_block() -> None:
    found = choose_thresholds(*ranked((0.9, 50, 0), (0.01, 0, 100)))
    assert found.review <= found.block
