"""Thresholds: the cheapest pair, within the analysts' capacity."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import numpy as np

from training.decide.decision_costs import APPROVE, BLOCK, REVIEW, DecisionCosts, decide
from training.decide.decision_curve import DecisionCurve
from training.decide.decision_thresholds import CANDIDATES, Thresholds
from training.errors import TrainingError

COSTS = DecisionCosts(block_insult_cents=5000, caught_in_review=1.0, review_share=1.0)
GOOD = (0.01, 0, 99_000)


def ranked(
    *groups: tuple[float, int, int], amount: int = 10_000
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels and amounts of groups (score, frauds, others)."""
    scores = np.concatenate([np.full(bad + good, score) for score, bad, good in groups])
    label = np.concatenate([[1] * bad + [0] * good for _, bad, good in groups])
    return scores, label, np.full(len(scores), amount)


def chosen(
    *groups: tuple[float, int, int], costs: DecisionCosts = COSTS, amount: int = 10_000
) -> Thresholds:
    part = (*ranked(*groups, amount=amount), 10.0)
    return DecisionCurve.of(part, part).choose(costs)


def test_nearly_certain_fraud_is_blocked_and_likely_fraud_reviewed() -> None:
    # At 95 % blocking annoys 5 customers for 5,000 each; 100 reviews would cost twice that.
    # At 50 % it would annoy 20 for 5,000, and 40 reviews cost 20,000 and 20 x 100 for the wait.
    assert chosen((0.9, 95, 5), (0.5, 20, 20), GOOD) == Thresholds(review=0.5, block=0.9)


def test_a_look_has_to_pay() -> None:
    # 60 reviews cost 30,000 + 59 x 100 and save one fraud.
    groups = ((0.9, 95, 5), (0.2, 1, 59), GOOD)
    assert chosen(*groups, amount=30_000).review == pytest.approx(0.9)
    assert chosen(*groups, amount=40_000).review == pytest.approx(0.2)


def test_analysts_that_miss_fraud_make_blocking_better() -> None:
    groups = ((0.9, 80, 20), GOOD)
    assert chosen(*groups) == Thresholds(review=0.9, block=1.0)
    misses = replace(COSTS, caught_in_review=0.5)
    assert chosen(*groups, costs=misses).block == pytest.approx(0.9)


def test_reviews_stay_within_what_analysts_can_do() -> None:
    groups = ((0.9, 95, 5), (0.5, 70, 30), (0.2, 100, 1800), (0.01, 0, 18_000))
    scores = ranked(*groups)[0]
    for costs, allowed in (
        (replace(COSTS, review_share=0.01), 200),
        (replace(COSTS, reviews_per_day=15), 150),
    ):
        found = chosen(*groups, costs=costs)
        reviewed = (decide(scores, found.review, found.block) == REVIEW).sum()
        assert 0 < reviewed <= allowed


def test_when_nothing_pays_nothing_is_flagged() -> None:
    assert chosen((0.3, 1, 999), GOOD) == Thresholds(1.0, 1.0)


def test_of_many_scores_a_few_hundred_are_tried() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(5000) ** 4
    label = (rng.random(5000) < scores).astype(int)
    part = (scores, label, np.full(5000, 10_000), 10.0)
    found = DecisionCurve.of(part, part).choose(COSTS)
    assert len(scores) > CANDIDATES
    # Where a review begins to pay: p x 10,000 = 500 + (1 - p) x 100; and where blocking does.
    assert found.review == pytest.approx(600 / 10_100, abs=0.05)
    assert found.block == pytest.approx(4400 / 4900, abs=0.1)
    assert found.review <= found.block


def test_what_each_decision_costs() -> None:
    costs = replace(COSTS, caught_in_review=0.9)
    decisions = np.array([APPROVE, REVIEW, BLOCK] * 2)
    label = np.array([0, 0, 0, 1, 1, 1])
    found = costs.of(decisions, label, np.full(6, 2000))
    assert found == pytest.approx([0, 600, 5000, 2000, 700, 0])


def test_a_cost_below_zero_is_refused() -> None:
    with pytest.raises(TrainingError, match="block_insult_cents is -1"):
        DecisionCosts(block_insult_cents=-1).check()
    with pytest.raises(TrainingError, match=r"caught_in_review is 1\.5"):
        DecisionCosts(caught_in_review=1.5).check()


def test_the_document_states_the_defaults() -> None:
    page = (Path(__file__).parents[3] / "docs/model_bundle.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(--[\w-]+)` \| ([\d.,]+)", page, re.MULTILINE))
    costs = DecisionCosts()
    assert {name: float(value.replace(",", "")) for name, value in rows.items()} == {
        "--review-cents": costs.review_cents,
        "--review-insult-cents": costs.review_insult_cents,
        "--block-insult-cents": costs.block_insult_cents,
        "--caught-in-review": costs.caught_in_review,
        "--review-share": costs.review_share,
    }
