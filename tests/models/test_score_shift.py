"""Measures of how two models' scores differ in their spread."""

import numpy as np
import pytest

from swipestream.models.score_shift import (
    EDGES,
    histogram,
    quantiles,
    stability_index,
)

SCORES = np.random.default_rng(7).beta(1, 30, 20_000)


def test_the_same_scores_are_stable() -> None:
    assert stability_index(SCORES, SCORES) == 0
    assert stability_index(SCORES, np.random.default_rng(8).permutation(SCORES)) == 0


def test_other_scores_are_not() -> None:
    assert 0 < stability_index(SCORES, SCORES * 1.02) < 0.1
    assert stability_index(SCORES, np.sqrt(SCORES)) > 0.25


def test_two_bins_by_hand() -> None:
    champion = np.array([0.1] * 9 + [0.9])
    challenger = np.array([0.1] * 5 + [0.9] * 5)
    # Most of the tenths are the same score, so they are one.
    expected = (0.5 - 0.9) * np.log(0.5 / 0.9) + (0.5 - 0.1) * np.log(0.5 / 0.1)
    assert stability_index(champion, challenger) == pytest.approx(expected)


@pytest.mark.parametrize("scores", [np.zeros(5), np.ones(5), np.array([0.5])])
def test_constant_scores_are_no_error(scores: np.ndarray) -> None:
    assert stability_index(scores, scores) == 0
    assert np.isfinite(stability_index(scores, 1 - scores))
    assert sum(histogram(scores)) == pytest.approx(1)


def test_every_score_is_in_the_histogram() -> None:
    scores = np.array([0.0, 0.005, 0.01, 0.5, 1.0])
    shares = histogram(scores)
    assert len(shares) == len(EDGES) - 1
    assert shares == [0.4, 0.2, 0, 0, 0, 0.2, 0, 0.2]


def test_quantiles_are_named_by_their_share() -> None:
    assert list(quantiles(SCORES)) == ["0.5", "0.9", "0.99", "0.999"]
    assert quantiles(SCORES)["0.5"] == pytest.approx(np.median(SCORES))
