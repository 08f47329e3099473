"""Measures, on cases small enough to work out by hand."""

import pytest

pytest.importorskip("lightgbm")

import numpy as np
import pandas as pd

from training.evaluate import at_threshold, card_precision
from training.training_set import DAY_MS


def test_precision_and_recall_at_a_threshold() -> None:
    label = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    scores = np.array([0.9, 0.8, 0.1, 0.8, 0.2, 0.1, 0.1, 0.1])
    found = at_threshold(label, scores, 0.8)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["share"] == pytest.approx(3 / 8)
    assert at_threshold(label, scores, 1.0)["precision"] == 0


def test_a_found_card_is_not_found_again() -> None:
    frame = pd.DataFrame(
        {
            "event_ms": [0, 0, 0, DAY_MS, DAY_MS, DAY_MS],
            "card_id": ["x", "y", "z", "x", "y", "z"],
            "label": [1, 0, 0, 1, 1, 0],
        }
    )
    scores = np.array([0.9, 0.5, 0.1, 0.9, 0.1, 0.5])
    # Day 1 finds x. On day 2 x is blocked: of y and z the wrong one is looked at.
    assert card_precision(frame, scores, cards_a_day=1) == (0.5, 1.0)
