"""What a bundle says of its features: how much each one matters, and which values it has."""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

BINS = 10


def importance(booster: lightgbm.Booster) -> np.ndarray:
    """
    How much each feature improved the trees that use it, as a share of the whole.

    :return: float64, shape (features,), in the order of the model's input; sums to 1, or to 0 if
        there is no split.
    """
    gain = booster.feature_importance(importance_type="gain").astype(np.float64)
    share: np.ndarray = gain / max(1.0, gain.sum())
    return share


def feature_bins(frame: pd.DataFrame, features: Sequence[str]) -> dict[str, dict[str, Any]]:
    """
    How the values of each feature are spread.

    :param frame: payments with every feature as a column, numbers or text.
    :return: by feature ``unknown``, the share of payments without a value, and ``shares`` of the
        others: by text, or of bins between ``edges``. A bin holds what is above the edge on its
        left, up to the one on its right; the first and the last have one edge.
    """
    return {name: _bins(frame[name]) for name in features}


def _bins(values: pd.Series) -> dict[str, Any]:
    known = values.dropna()
    total = max(1, len(values))
    unknown = (len(values) - len(known)) / total
    if not pd.api.types.is_numeric_dtype(values):
        counts = known.value_counts().sort_index()
        return {
            "unknown": unknown,
            "shares": {str(text): float(count / total) for text, count in counts.items()},
        }
    numbers = known.to_numpy(dtype=np.float64)
    if not len(numbers):
        return {"unknown": unknown, "edges": [], "shares": [0.0]}
    # Values that occur, and none between two of them: an edge says to which side it belongs.
    parts = np.arange(1, BINS) / BINS
    edges = np.unique(np.quantile(numbers, parts, method="inverted_cdf"))
    edges = edges[edges < numbers.max()]
    counts = np.bincount(np.searchsorted(edges, numbers, side="left"), minlength=len(edges) + 1)
    return {
        "unknown": unknown,
        "edges": [float(edge) for edge in edges],
        "shares": [float(count / total) for count in counts],
    }
