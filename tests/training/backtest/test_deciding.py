"""Decisions are those of the stream's SQL, and what they cost is in one place."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pyarrow as pa

from training.backtest.deciding import cost_parts, decided, policy_of
from training.backtest.ruling import no_rules
from training.decide.decision_costs import APPROVE, BLOCK, REVIEW, DecisionCosts, decide
from training.decide.decision_thresholds import Thresholds

NAMES = {"approve": APPROVE, "review": REVIEW, "block": BLOCK}


def payments(count: int, **columns: Any) -> pa.Table:
    """Scored payments; what is not given does not matter."""
    usual: dict[str, Any] = {
        "transaction_id": [f"t{number}" for number in range(count)],
        "card_id": ["c1"] * count,
        "channel": ["pos"] * count,
        "amount_cents": [1_000] * count,
        "kmh_from_previous": pa.array([None] * count, pa.float64()),
        "km_from_previous": pa.array([None] * count, pa.float64()),
        "card_txn_count_5m": pa.array([0] * count, pa.int32()),
        "label": [0] * count,
        "score": [0.0] * count,
        "model_version": ["m-1"] * count,
        **no_rules(count),
    }
    return pa.table(usual | columns)


def test_thresholds_decide_as_training_does() -> None:
    scores = np.random.default_rng(1).random(5_000)
    scores[:4] = (0.3, 0.8, 0.0, 1.0)
    found = decided(payments(5_000, score=scores), policy_of(Thresholds(0.3, 0.8)), DecisionCosts())
    codes = [NAMES[name] for name in found["decision"].to_pylist()]
    assert codes == decide(scores, 0.3, 0.8).tolist()
    assert set(codes) == {APPROVE, REVIEW, BLOCK}
    assert not any(found["is_degraded"].to_pylist())
    # In the order of the payments.
    assert found["transaction_id"].to_pylist() == [f"t{number}" for number in range(5_000)]


def test_each_channel_has_its_policy_and_one_without_is_reviewed() -> None:
    policy = policy_of(Thresholds(0.5, 0.9))[:2]
    policy[1]["review_score"] = policy[1]["block_score"] = 0.2
    found = decided(
        payments(3, channel=["pos", "online", "atm"], score=[0.3] * 3), policy, DecisionCosts()
    )
    assert found["decision"].to_pylist() == ["approve", "block", "review"]
    assert found["is_degraded"].to_pylist() == [False, False, True]


def test_without_a_score_the_rules_of_the_policy_decide() -> None:
    rules = {"rule_block_kmh": 900, "rule_block_km": 100, "rule_review_amount_cents": 5_000}
    policy = [row | rules for row in policy_of(Thresholds(0.5, 0.9))]
    found = decided(
        payments(
            3,
            score=pa.array([None] * 3, pa.float64()),
            amount_cents=[10, 6_000, 10],
            kmh_from_previous=[None, None, 1_000.0],
            km_from_previous=[None, None, 500.0],
        ),
        policy,
        DecisionCosts(),
    )
    assert found["decision"].to_pylist() == ["approve", "review", "block"]


def test_the_parts_of_the_cost_are_the_cost() -> None:
    rng = np.random.default_rng(2)
    decisions, label = rng.integers(0, 3, 1_000), rng.integers(0, 2, 1_000)
    amount = rng.integers(0, 50_000, 1_000)
    costs = DecisionCosts(caught_in_review=0.8)
    parts = cost_parts(costs, decisions, label, amount)
    assert sum(parts.values()) == pytest.approx(costs.of(decisions, label, amount))
    is_reviewed = decisions == REVIEW
    assert parts["review_cents"].sum() == pytest.approx(is_reviewed.sum() * costs.review_cents)
    assert (parts["insult_cents"][label == 1] == 0).all()
    assert (parts["lost_cents"][label == 0] == 0).all()
