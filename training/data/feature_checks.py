"""Features that cannot be right: those that never change, and those that have seen the label."""

from collections.abc import Sequence

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from training.errors import LeakError
from training.measure.ranking import Ranking

# What one honest feature reaches alone is far below: fraud imitates what is usual.
LEAK_AVERAGE_PRECISION = 0.9
LEAK_ROWS = 60_000
# Three questions about one feature find a leak in whatever direction it points.
LEAK_DEPTH = 3
MIN_ROWS_IN_LEAF = 5


def constant_features(features: np.ndarray, names: Sequence[str]) -> list[str]:
    """
    Features with a single value, unknown counted as one.

    They stay in the model's input, whose columns are those of the SQL; no tree can use them.

    :param features: float32, shape (n, len(names)); NaN for unknown.
    """
    found = []
    for position, name in enumerate(names):
        column = features[:, position]
        first = column[:1]
        if np.array_equal(column, np.broadcast_to(first, column.shape), equal_nan=True):
            found.append(name)
    return found


def check_no_leak(
    features: np.ndarray, label: np.ndarray, names: Sequence[str], seed: int
) -> dict[str, float]:
    """
    Refuse a feature that tells fraud nearly perfectly on its own: it knows the label.

    Fitted on one half and measured on the other, so that a feature with many values does not look
    like a leak by being learned by heart.

    :param features: of the training part, float32, shape (n, len(names)); NaN for unknown.
    :param label: 1 for fraud, shape (n,).
    :return: what each feature reaches alone: average precision by name.
    :raises LeakError: names the feature.

    Source: Kaufman et al. 2012, Leakage in Data Mining, doi:10.1145/2382577.2382579
    """
    rows = np.random.default_rng(seed).permutation(len(label))[:LEAK_ROWS]
    fit, check = rows[::2], rows[1::2]
    reached: dict[str, float] = {}
    if not label[fit].any() or not label[check].any():
        return reached
    for position, name in enumerate(names):
        column = features[:, position : position + 1]
        tree = DecisionTreeClassifier(
            max_depth=LEAK_DEPTH, min_samples_leaf=MIN_ROWS_IN_LEAF, random_state=seed
        )
        tree.fit(column[fit], label[fit])
        scores = tree.predict_proba(column[check])[:, 1]
        reached[name] = Ranking(label[check], scores).average_precision()
        if reached[name] >= LEAK_AVERAGE_PRECISION:
            raise LeakError(
                f"the feature {name} alone tells fraud with an average precision of "
                f"{reached[name]:.2f}: it must have seen the label",
                f"look where {name} gets its values from: nothing that is known only after the "
                "payment may be in it",
            )
    return reached
