"""What a bundle says of its features: how much each one matters, and which values it has."""

from collections.abc import Mapping, Sequence
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from training.measure.prequential import DAY_MS
from training.measure.stability import stability_index

BINS = 10
# A day of fewer payments differs from others by chance.
LEAST_A_DAY = 500
SCORE = "score"

Bins = Mapping[str, Any]


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
        left, up to the one on its right; the first and the last have one edge. Up to ten different
        numbers have a bin each, others are parted into tenths.
    """
    return {name: _bins(frame[name]) for name in features}


def score_bins(scores: np.ndarray) -> dict[str, Any]:
    """
    The same for the scores of a model.

    The stream's scores differ from these by a rounding, so an edge lies between two of them.

    :param scores: in [0, 1], shape (n,).
    """
    bins = _bins(pd.Series(scores))
    values = np.unique(scores)
    next_value = np.searchsorted(values, bins["edges"], side="right")
    bins["edges"] = [
        float((edge + values[place]) / 2)
        for edge, place in zip(bins["edges"], next_value, strict=True)
    ]
    return bins


def usual_drift(bins: Mapping[str, Bins], frame: pd.DataFrame) -> dict[str, float | None]:
    """
    How far the single days of a period are from what the bins were made of.

    Weekdays and seasons move some features without anything being wrong: this says how far.

    :param bins: by column, as `feature_bins` makes them.
    :param frame: payments with these columns and ``event_ms``.
    :return: by column, the stability index of the day that is furthest away; None if no day has
        enough payments.
    """
    day = frame["event_ms"].to_numpy() // DAY_MS
    numbers, counts = np.unique(day, return_counts=True)
    days = [np.flatnonzero(day == number) for number in numbers[counts >= LEAST_A_DAY]]
    found: dict[str, float | None] = {}
    for name, one in bins.items():
        trained = np.array([one["unknown"], *_shares(one), 0.0])
        indexes = [
            stability_index(trained, shares_in(one, frame[name].iloc[rows])) for rows in days
        ]
        found[name] = max(indexes, default=None)
    return found


def shares_in(bins: Bins, values: pd.Series) -> np.ndarray:
    """
    The share of payments in each bin.

    :return: float64, shape (bins + 2,): unknown first, text that the bins do not have last.
    """
    known = values.dropna()
    count = len(_shares(bins))
    if "edges" in bins:
        place = np.searchsorted(bins["edges"], known.to_numpy(dtype=np.float64), side="left")
    else:
        places = {text: number for number, text in enumerate(bins["shares"])}
        place = known.map(places).fillna(count).to_numpy(dtype=np.int64)
    counts = np.bincount(place, minlength=count + 1)
    shares: np.ndarray = np.concatenate([[len(values) - len(known)], counts]) / max(1, len(values))
    return shares


def _shares(bins: Bins) -> list[float]:
    shares = bins["shares"]
    return list(shares.values()) if isinstance(shares, Mapping) else list(shares)


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
    edges = np.unique(numbers)
    if len(edges) > BINS:
        parts = np.arange(1, BINS) / BINS
        edges = np.unique(np.quantile(numbers, parts, method="inverted_cdf"))
    edges = edges[edges < numbers.max()]
    counts = np.bincount(np.searchsorted(edges, numbers, side="left"), minlength=len(edges) + 1)
    return {
        "unknown": unknown,
        "edges": [float(edge) for edge in edges],
        "shares": [float(count / total) for count in counts],
    }
