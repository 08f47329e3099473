"""Impossible features are noticed before a model learns from them."""

from collections.abc import Callable

import pytest

pytest.importorskip("sklearn")

import numpy as np

from training.data.feature_checks import check_no_leak, constant_features
from training.errors import LeakError

NAMES = ("honest", "noise", "suspect")


def data(rows: int = 8000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    label = (rng.random(rows) < 0.02).astype(np.int8)
    honest = label * 1.5 + rng.normal(size=rows)
    features = np.stack([honest, rng.normal(size=rows), rng.normal(size=rows)], axis=1)
    return features.astype(np.float32), label


def test_honest_features_pass_with_what_they_reach() -> None:
    features, label = data()
    reached = check_no_leak(features, label, NAMES, seed=1)
    assert list(reached) == list(NAMES)
    assert reached["noise"] < 0.1 < reached["honest"] < 0.5


@pytest.mark.parametrize(
    "leak",
    [
        lambda label: label,
        lambda label: -1000.0 * label,
        lambda label: np.where(label == 1, np.nan, 7.0),
        # Neither high nor low but in the middle.
        lambda label: np.where(label == 1, 0.5, np.arange(len(label)) % 2),
    ],
    ids=["the label", "upside down", "unknown when fraud", "in the middle"],
)
def test_a_planted_label_is_caught_by_its_name(leak: Callable[[np.ndarray], np.ndarray]) -> None:
    features, label = data()
    features[:, 2] = leak(label.astype(np.float64))
    with pytest.raises(LeakError, match="the feature suspect alone tells fraud"):
        check_no_leak(features, label, NAMES, seed=1)


def test_a_label_that_is_known_for_most_frauds_is_caught() -> None:
    # As when the days until the first complaint are a feature: a few complaints have not come.
    features, label = data()
    is_known = np.random.default_rng(5).random(len(label)) < 0.95
    features[:, 2] = np.where((label == 1) & is_known, 3.0, np.nan)
    with pytest.raises(LeakError, match="suspect"):
        check_no_leak(features, label, NAMES, seed=1)


def test_constant_features_are_named() -> None:
    features, _ = data(50)
    features[:, 1] = np.nan
    features[:, 2] = 4.0
    assert constant_features(features, NAMES) == ["noise", "suspect"]
    features[3, 1] = 1.0
    features[0, 2] = np.nan
    assert constant_features(features, NAMES) == []
