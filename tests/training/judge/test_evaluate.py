"""Measures, on cases small enough to work out by hand."""

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd

from training.decide.decision_costs import DecisionCosts
from training.decide.decision_thresholds import Thresholds
from training.judge.controls import ALWAYS_FRAUD, VELOCITY, Control, controls
from training.judge.evaluate import (
    CARD_PRECISION,
    RECALL_AT,
    at_threshold,
    control_metrics,
    metric_intervals,
    metrics,
    money,
    score_bands,
)
from training.measure.prequential import DAY_MS

THRESHOLDS = Thresholds(review=0.5, block=0.9)
COSTS = DecisionCosts(block_insult_cents=5000, caught_in_review=1.0)


def test_precision_and_recall_at_a_threshold() -> None:
    label = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    scores = np.array([0.9, 0.8, 0.1, 0.8, 0.2, 0.1, 0.1, 0.1])
    found = at_threshold(label, scores, 0.8)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["share"] == pytest.approx(3 / 8)
    assert at_threshold(label, scores, 1.0)["precision"] == 0


def test_money_is_what_approving_all_would_have_cost_more() -> None:
    frame = pd.DataFrame(
        {
            "label": [1, 1, 1, 0, 0, 0],
            "amount_cents_paid": [10_000, 20_000, 40_000, 7, 7, 7],
            "event_ms": np.arange(6) * DAY_MS,
        }
    )
    # Blocked, reviewed and approved, first of frauds, then of good payments.
    found = money(frame, np.array([0.95, 0.6, 0.1] * 2), THRESHOLDS, COSTS)
    assert found["fraud_cents"] == 70_000
    assert found["saved_cents"] == 10_000 + (20_000 - 500) - 5000 - (500 + 100)
    assert found["cost_cents"] == found["fraud_cents"] - found["saved_cents"]
    assert found["reviews_per_day"] == pytest.approx(2 / 5)


def drawn(rows: int = 6000) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(6)
    label = (rng.random(rows) < 0.02).astype(np.int8)
    scores = 1 / (1 + np.exp(4 - 4 * label - rng.normal(size=rows)))
    frame = pd.DataFrame(
        {
            "label": label,
            "scenario": np.where(label == 1, np.array("burst", object), np.array(None)),
            "card_id": rng.integers(0, 500, rows).astype(str),
            "amount_cents_paid": rng.integers(100, 50_000, rows),
            "event_ms": np.sort(rng.integers(0, 10 * DAY_MS, rows)),
        }
    )
    return frame, scores


def test_every_measure_lies_in_its_interval() -> None:
    frame, scores = drawn()
    measured = metrics(frame, scores, THRESHOLDS, COSTS)
    intervals = metric_intervals(frame, scores, THRESHOLDS, COSTS, seed=1, resamples=60)
    assert list(intervals) == [
        *("average_precision", "roc_auc", RECALL_AT, "money.saved_cents", CARD_PRECISION)
    ]
    for name, ends in intervals.items():
        value = measured["money"]["saved_cents"] if name.startswith("money") else measured[name]
        assert ends["low"] < value < ends["high"], name
    assert intervals == metric_intervals(frame, scores, THRESHOLDS, COSTS, seed=1, resamples=60)


def test_payments_are_counted_by_tenth_of_score() -> None:
    frame, scores = drawn()
    bands = metrics(frame, scores, THRESHOLDS, COSTS)["score_bands"]
    assert len(bands) == 10 and sum(bands) == len(scores)
    assert score_bands(np.array([0.0, 0.09, 0.1, 0.95, 1.0])) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_controls_rank_by_what_they_know() -> None:
    rng = np.random.default_rng(7)
    label = (rng.random(4000) < 0.05).astype(np.int8)
    features = rng.normal(size=(4000, 3)).astype(np.float32)
    features[:, 0] += 2 * label
    features[rng.random(4000) < 0.1, 1] = np.nan
    position = {"card_txn_count_5m": 0, "amount_cents": 1, "km_from_home": 2}
    frame, _ = drawn(2000)
    frame["label"] = label[2000:]
    found = {
        control.name: control_metrics(frame, control)
        for control in controls(
            (features[:2000], label[:2000]),
            np.nan_to_num(features[2000:]),
            position,
            seed=1,
        )
    }
    rate = label[2000:].mean()
    assert found[ALWAYS_FRAUD]["average_precision"] == pytest.approx(rate)
    assert found[ALWAYS_FRAUD]["roc_auc"] == 0.5
    assert found[VELOCITY]["trained_on"] == 0
    for name in ("logistic_regression", "random_forest", "depth_2_tree", VELOCITY):
        assert found[name]["average_precision"] > 3 * rate, name
    assert found["amount_rule"]["average_precision"] < 2 * rate


def test_a_control_is_measured_like_a_model() -> None:
    frame, scores = drawn()
    measured = metrics(frame, scores, THRESHOLDS, COSTS)
    control = control_metrics(frame, Control("copy", scores, 0))
    for name in ("average_precision", "roc_auc", RECALL_AT, CARD_PRECISION):
        assert control[name] == measured[name]
