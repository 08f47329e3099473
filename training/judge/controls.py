"""What else could score payments: models and rules that a good model has to be better than."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.tree import DecisionTreeClassifier

# Enough for models this simple; all rows would only take longer.
TREE_ROWS = 300_000
GENUINE_ROWS = 25_000
FOREST_TREES = 40

VELOCITY = "velocity_rule"
ALWAYS_FRAUD = "always_fraud"
# What every model must beat before it is put forward.
TRIVIAL = ("depth_2_tree", VELOCITY, ALWAYS_FRAUD)


@dataclass(frozen=True)
class Control:
    """
    One way to score the test part.

    :param name: such as ``random_forest``.
    :param scores: higher is more suspect, shape (n,).
    :param trained_on: rows; 0 for a rule.
    """

    name: str
    scores: np.ndarray
    trained_on: int


def controls(
    train: tuple[np.ndarray, np.ndarray],
    test: np.ndarray,
    position: Mapping[str, int],
    seed: int,
) -> list[Control]:
    """
    Score the test part with simpler models and rules.

    Regression and forest learn from all frauds and a sample of the rest: more would take longer
    than the model that they are compared with. A ranking does not mind.

    :param train: features (n, f), float32 with NaN for unknown, and label (n,).
    :param test: features (m, f).
    :param position: column of each feature.
    """
    rng = np.random.default_rng(seed)
    features, label = train
    genuine = rng.permutation(np.flatnonzero(label == 0))[:GENUINE_ROWS]
    some = np.sort(np.concatenate([np.flatnonzero(label == 1), genuine]))
    many = np.sort(rng.permutation(len(label))[:TREE_ROWS])

    def fitted(model: Any, rows: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            # Some indicators of unknown values are the same, so the regression goes on and on
            # between equally good lines. Any of them will do.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[rows], label[rows])
        scores: np.ndarray = model.predict_proba(test)[:, 1]
        return scores

    def rule(feature: str) -> np.ndarray:
        column: np.ndarray = np.nan_to_num(test[:, position[feature]]).astype(np.float64)
        return column

    steps: list[tuple[str, int, Callable[[], np.ndarray]]] = [
        ("random_forest", len(some), lambda: fitted(_forest(seed), some)),
        ("logistic_regression", len(some), lambda: fitted(_regression(seed), some)),
        (
            "depth_2_tree",
            len(many),
            lambda: fitted(DecisionTreeClassifier(max_depth=2, random_state=seed), many),
        ),
        (VELOCITY, 0, lambda: rule("card_txn_count_5m")),
        ("amount_rule", 0, lambda: rule("amount_cents")),
        (ALWAYS_FRAUD, 0, lambda: np.ones(len(test))),
    ]
    return [Control(name, scores(), rows) for name, rows, scores in steps]


def _forest(seed: int) -> RandomForestClassifier:
    return RandomForestClassifier(FOREST_TREES, min_samples_leaf=5, random_state=seed)


def _regression(seed: int) -> Any:
    # Amounts and counts have long tails; a line needs them by rank. Unknown is a separate value.
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=seed),
        LogisticRegression(C=0.1, max_iter=300),
    )
