"""The curve in a bundle gives the thresholds that all payments together would give."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("sklearn")

import numpy as np

from training.decide.decision_costs import REVIEW, DecisionCosts, decide
from training.decide.decision_curve import DecisionCurve
from training.decide.decision_thresholds import CANDIDATES, Thresholds, candidate_scores
from training.errors import TrainingError

DAYS = 10.0
COSTS = DecisionCosts(reviews_per_day=20)
Part = tuple[np.ndarray, np.ndarray, np.ndarray, float]


def part(seed: int, count: int, digits: int = 9) -> Part:
    """Payments with scores that are probabilities; fewer digits make more equal scores."""
    rng = np.random.default_rng(seed)
    scores = np.round(rng.beta(0.1, 3, count), digits)
    label = (rng.random(count) < scores).astype(int)
    return scores, label, rng.lognormal(9.5, 1, count).astype(np.int64), DAYS


def cost_of(payments: Part, thresholds: Thresholds, costs: DecisionCosts) -> float:
    """Payment by payment."""
    scores, label, amount, _ = payments
    decisions = decide(scores, thresholds.review, thresholds.block)
    return float(costs.of(decisions, label, amount).sum())


@pytest.mark.parametrize("digits", [2, 9])
@pytest.mark.parametrize("reviews", [0, 3, 20, 1000])
def test_no_other_pair_costs_less(digits: int, reviews: float) -> None:
    payments = part(5, 300, digits)
    costs = replace(COSTS, reviews_per_day=reviews)
    found = DecisionCurve.of(payments, payments).choose(costs)
    scores = candidate_scores(payments[0])
    pairs = [Thresholds(review, block) for review in scores for block in scores if review <= block]
    allowed = [
        pair
        for pair in pairs
        if (decide(payments[0], pair.review, pair.block) == REVIEW).sum() <= reviews * DAYS
    ]
    cheapest = min(cost_of(payments, pair, costs) for pair in allowed)
    assert cost_of(payments, found, costs) == pytest.approx(cheapest)


def test_what_a_pair_does_is_what_it_does_to_each_payment() -> None:
    validation, test = part(1, 4_000), part(2, 3_000)
    curve = DecisionCurve.of(validation, test)
    thresholds = curve.choose(COSTS)
    scores, label, amount, _ = test
    alerts, reviewed = scores >= thresholds.review, decide(scores, *vars(thresholds).values())
    expected = curve.expected(thresholds, COSTS, curve.test)
    assert expected.reviews_a_day == (reviewed == REVIEW).sum() / DAYS
    assert expected.blocks_a_day == (scores >= thresholds.block).sum() / DAYS
    assert expected.precision == pytest.approx(label[alerts].mean())
    assert expected.recall == pytest.approx(label[alerts].sum() / label.sum())
    cost = cost_of(test, thresholds, COSTS)
    assert expected.cost_cents_a_day == pytest.approx(cost / DAYS)
    assert expected.saved_cents_a_day == pytest.approx((amount[label == 1].sum() - cost) / DAYS)


def test_more_reviews_never_cost_more_and_the_last_limit_is_all_that_pays() -> None:
    payments = part(3, 20_000)
    curve = DecisionCurve.of(payments, payments)
    assert len(curve.scores) <= CANDIDATES + 1
    limits = curve.limits(COSTS, 9)
    assert limits == sorted(set(limits)) and limits[0] == 0
    pairs = [curve.choose(replace(COSTS, reviews_per_day=limit)) for limit in limits]
    costs = [curve.expected(pair, COSTS, curve.validation).cost_cents_a_day for pair in pairs]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1]
    assert pairs[-1] == curve.choose(replace(COSTS, reviews_per_day=1e9))


def test_twice_the_payments_leave_half_the_reviews_for_each() -> None:
    payments = part(4, 10_000)
    curve = DecisionCurve.of(payments, payments)
    as_many = 10_000 / DAYS
    assert curve.choose(COSTS, as_many) == curve.choose(COSTS)
    half = curve.choose(replace(COSTS, reviews_per_day=10))
    assert curve.choose(COSTS, 2 * as_many) == half != curve.choose(COSTS)


def test_a_curve_survives_its_file() -> None:
    curve = DecisionCurve.of(part(1, 2_000), part(2, 2_000))
    again = DecisionCurve.from_json(json.loads(json.dumps(curve.to_json())))
    assert again.choose(COSTS) == curve.choose(COSTS)
    assert again.to_json() == curve.to_json()


def test_a_malformed_curve_is_said() -> None:
    data = DecisionCurve.of(part(1, 200), part(2, 200)).to_json()
    for broken in ({}, data | {"test": {}}, data | {"scores": ["high"]}):
        with pytest.raises(TrainingError, match="the curve of a bundle is malformed"):
            DecisionCurve.from_json(broken)


def test_payments_without_fraud_have_no_curve_to_climb() -> None:
    scores, label, amount, days = part(6, 500)
    payments = (scores, np.zeros_like(label), amount, days)
    curve = DecisionCurve.of(payments, payments)
    assert curve.choose(COSTS) == Thresholds(1.0, 1.0)
    assert curve.limits(COSTS, 9) == [0.0]
