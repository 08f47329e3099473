"""Sums of decided payments by hand, and what is unknown without labels."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve

from training.backtest.figures import AllFigures, all_figures, precision_by_recall
from training.decide.decision_costs import DecisionCosts

DAY_MS = 86_400_000
# 2029-12-31 is a Monday.
MONDAY_MS = 1_893_369_600_000


def payment(day: float, decision: str, label: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": "t",
        "card_id": "c1",
        "event_ms": MONDAY_MS + int(day * DAY_MS),
        "channel": "pos",
        "amount_cents": 1_000,
        "label": label,
        "score": 0.5,
        "decision": decision,
        "lost_cents": 0.0,
        "review_cents": 0.0,
        "insult_cents": 0.0,
        "decision_by_score": decision,
        "rules_fired": None,
        "shadow_rules_fired": None,
        **changes,
    }


ROWS = (
    payment(-0.001, "block", 1),
    payment(0, "approve"),
    payment(0.999, "review", 0, review_cents=500.0, insult_cents=100.0),
    payment(6.5, "block", 1, card_id="c2", channel="online"),
    payment(6.6, "approve", 1, card_id="c2", channel="online", lost_cents=1_000.0),
    payment(7, "review", 1, card_id="c3", review_cents=500.0, lost_cents=50.0),
    payment(8.4, "approve", 0, card_id="c4"),
    payment(9, "block"),
)


def figures(tmp_path: Path, rows: tuple[dict[str, Any], ...], has_frauds: bool) -> AllFigures:
    (tmp_path / "decided").mkdir()
    texts = {"rules_fired": "string", "shadow_rules_fired": "string"}
    pd.DataFrame(rows).astype(texts).to_parquet(tmp_path / "decided" / "0.parquet")
    span = (MONDAY_MS, MONDAY_MS + 9 * DAY_MS)
    return all_figures(tmp_path / "decided", tmp_path, span, DecisionCosts(), 7, has_frauds)


def test_weeks_channels_and_days_add_up(tmp_path: Path) -> None:
    found = figures(tmp_path, ROWS, has_frauds=True)
    total = found.total
    # The first and the last payment are outside.
    assert (total.payments, total.cards, total.reviews, total.blocks) == (6, 4, 2, 1)
    assert (total.frauds, total.found, total.genuine_reviews) == (3, 2, 1)
    assert (total.fraud_cents, total.lost_cents) == (3_000, 1_050)
    assert (total.review_cents, total.insult_cents) == (1_000, 100)
    assert total.saved_cents == 3_000 - 1_050 - 1_000 - 100
    assert total.sure is not None and total.sure.saved_cents.value == total.saved_cents
    assert total.sure.recall.value == 2 / 3
    assert [(week.name, week.payments, week.days) for week in found.weeks] == [
        ("2029-12-31", 4, 7.0),
        ("2030-01-07", 2, 2.0),
    ]
    assert [(channel.name, channel.frauds, channel.cards) for channel in found.channels] == [
        ("online", 2, 1),
        ("pos", 1, 3),
    ]
    assert [(day.day_ms - MONDAY_MS) // DAY_MS for day in found.days] == [0, 6, 7, 8]
    assert found.days[0].reviews == 1


def test_without_frauds_only_alerts_are_told(tmp_path: Path) -> None:
    rows = tuple(row | {"label": 0} for row in ROWS)
    found = figures(tmp_path, rows, has_frauds=False)
    assert found.ranked is None and found.total.sure is None
    assert found.total.alerts == 3
    assert found.total.to_json()["recall"] is None


def test_precision_by_recall_lies_on_the_curve() -> None:
    rng = np.random.default_rng(4)
    label = (rng.random(3_000) < 0.05).astype(int)
    scores = np.round(0.3 * label + rng.random(3_000), 2)
    recall, precision = precision_by_recall(label, scores)
    every_precision, every_recall, _ = precision_recall_curve(label, scores)
    curve = set(zip(every_recall.round(9), every_precision.round(9), strict=True))
    assert set(zip(recall.round(9), precision.round(9), strict=True)) <= curve
    assert recall[-1] == 1 and len(recall) > 30
