"""Measures of a ranking: those of scikit-learn, and cases small enough to work out by hand."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import average_precision_score, roc_auc_score

from training.measure.ranking import Ranking, card_precision


@pytest.mark.parametrize("digits", [8, 1], ids=["distinct", "many_equal_scores"])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_the_measures_are_scikit_learns(digits: int, is_weighted: bool) -> None:
    random = np.random.default_rng(7)
    label = random.random(400) < 0.1
    scores = np.round(random.random(400) + 0.3 * label, digits)
    weights = random.integers(0, 4, 400).astype(float) if is_weighted else None
    ranking = Ranking(label, scores)
    expected = average_precision_score(label, scores, sample_weight=weights)
    assert ranking.average_precision(weights) == pytest.approx(expected)
    expected = roc_auc_score(label, scores, sample_weight=weights)
    assert ranking.roc_auc(weights) == pytest.approx(expected)


def test_a_fraud_counted_twice_is_two_frauds() -> None:
    label, scores = np.array([1, 0, 1, 0]), np.array([4.0, 3.0, 2.0, 1.0])
    twice = Ranking(np.append(label, 1), np.append(scores, 2.0))
    weighted = Ranking(label, scores).average_precision(np.array([1.0, 1.0, 2.0, 1.0]))
    assert weighted == pytest.approx(twice.average_precision())


def test_recall_at_a_false_positive_rate() -> None:
    label = np.array([1, 0, 1, 0, 1, 0, 0])
    ranking = Ranking(label, np.array([0.9, 0.8, 0.7, 0.6, 0.6, 0.1, 0.0]))
    assert ranking.recall_at(0.0) == pytest.approx(1 / 3)
    assert ranking.recall_at(0.25) == pytest.approx(2 / 3)
    # The last fraud has the score of a good payment: both are flagged or none.
    assert ranking.recall_at(0.49) == pytest.approx(2 / 3)
    assert ranking.recall_at(0.5) == pytest.approx(1.0)


def test_the_first_threshold_may_already_be_too_much() -> None:
    assert Ranking(np.array([1, 0]), np.array([1.0, 1.0])).recall_at(0.5) == 0


def test_without_fraud_there_is_no_measure() -> None:
    ranking = Ranking(np.zeros(3), np.arange(3.0))
    for value in (ranking.average_precision(), ranking.roc_auc(), ranking.recall_at(0.1)):
        assert np.isnan(value)


def test_a_found_card_is_not_found_again() -> None:
    day = np.array([0, 0, 0, 1, 1, 1])
    card = np.array(["x", "y", "z", "x", "y", "z"])
    label = np.array([1, 0, 0, 1, 1, 0])
    scores = np.array([0.9, 0.5, 0.1, 0.9, 0.1, 0.5])
    # Day 1 finds x. On day 2 x is blocked: of y and z the wrong one is reviewed.
    precision = card_precision(day, card, label, scores, cards_a_day=1)
    assert (precision.mean, precision.mean_ceiling) == (0.5, 1.0)


def test_a_card_is_as_suspect_as_its_worst_payment() -> None:
    day, card = np.zeros(3, dtype=int), np.array([1, 2, 1])
    precision = card_precision(day, card, np.array([1, 0, 0]), np.array([0.1, 0.5, 0.9]), 1)
    assert precision.mean == 1.0


def test_fewer_cards_than_looks_is_no_error() -> None:
    precision = card_precision(np.zeros(1), np.zeros(1), np.ones(1), np.ones(1), cards_a_day=4)
    assert (precision.mean, precision.mean_ceiling) == (0.25, 0.25)
