"""Measures, on cases small enough to work out by hand."""

import pytest

pytest.importorskip("lightgbm")

import numpy as np

from training.evaluate import at_threshold


def test_precision_and_recall_at_a_threshold() -> None:
    label = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    scores = np.array([0.9, 0.8, 0.1, 0.8, 0.2, 0.1, 0.1, 0.1])
    found = at_threshold(label, scores, 0.8)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["share"] == pytest.approx(3 / 8)
    assert at_threshold(label, scores, 1.0)["precision"] == 0
