"""The same model looked at in parts: by day, amount and channel, and by group of customers."""

from typing import Any

import numpy as np
import pandas as pd

from training.decide.decision_thresholds import Thresholds
from training.judge.evaluate import cards_of
from training.measure.prequential import DAY_MS
from training.measure.ranking import Ranking

# In units of the currency; the last band has no upper end.
AMOUNT_BANDS = (0, 10, 50, 200, 1000)
# With fewer frauds the average precision of a part is chance.
MIN_FRAUDS = 10
RESAMPLES = 200
UNKNOWN_GROUP = "unknown"


def slices(frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds) -> dict[str, Any]:
    """
    Measures of the parts of the test part.

    :param frame: the keys of a `TrainingSet` and ``channel``, shape (n, ...).
    :param scores: in [0, 1], shape (n,).
    :return: by ``day``, ``amount`` and ``channel``: per part payments, frauds, average_precision
        (None if there are fewer than 10 frauds), recall and false_positive_rate at the review
        threshold.
    """
    amounts = frame["amount_cents_paid"].to_numpy() / 100
    band = np.searchsorted(AMOUNT_BANDS, amounts, side="right") - 1
    parts = {
        "day": pd.to_datetime(frame["event_ms"].to_numpy() // DAY_MS * DAY_MS, unit="ms")
        .strftime("%Y-%m-%d")
        .to_numpy(),
        "amount": np.array([band_name(number) for number in range(len(AMOUNT_BANDS))])[band],
        "channel": frame["channel"].fillna(UNKNOWN_GROUP).astype(str).to_numpy(),
    }
    orders = {"amount": [band_name(number) for number in range(len(AMOUNT_BANDS))]}
    label = frame["label"].to_numpy()
    return {
        kind: {
            str(name): _measures(label[rows], scores[rows], thresholds.review)
            for name in orders.get(kind, sorted(set(names)))
            if (rows := np.flatnonzero(names == name)).size
        }
        for kind, names in parts.items()
    }


def band_name(number: int) -> str:
    """What a band of amounts is called, such as ``10 to 50``."""
    if number + 1 == len(AMOUNT_BANDS):
        return f"{AMOUNT_BANDS[number]} and more"
    return f"{AMOUNT_BANDS[number]} to {AMOUNT_BANDS[number + 1]}"


def groups(
    frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds, seed: int
) -> dict[str, Any]:
    """
    Whether some customers are annoyed more often than others, though no group is a feature.

    :param frame: the keys of a `TrainingSet`, shape (n, ...).
    :return: by segment: payments, genuine ones, the share of the genuine ones that are reviewed or
        blocked (false_positive_rate, with the interval over cards), blocked_rate without
        an interval, and recall. Empty if no segment is known.
    """
    if frame["segment"].isna().all():
        return {}
    names = frame["segment"].fillna(UNKNOWN_GROUP).to_numpy()
    label = frame["label"].to_numpy()
    card = cards_of(frame)
    found: dict[str, Any] = {}
    for name in sorted(set(names)):
        rows = np.flatnonzero(names == name)
        genuine = rows[label[rows] == 0]
        if not len(genuine):
            continue
        flagged = scores[genuine] >= thresholds.review
        found[str(name)] = {
            "payments": len(rows),
            "genuine": len(genuine),
            "false_positive_rate": float(flagged.mean()),
            "false_positive_rate_interval": _share_interval(flagged, card[genuine], seed),
            "blocked_rate": float((scores[genuine] >= thresholds.block).mean()),
            "recall": _recall(label[rows], scores[rows], thresholds.review),
        }
    return found


def _measures(label: np.ndarray, scores: np.ndarray, review: float) -> dict[str, Any]:
    frauds = int(label.sum())
    genuine = scores[label == 0]
    ranked = Ranking(label, scores).average_precision() if frauds >= MIN_FRAUDS else None
    return {
        "payments": len(label),
        "frauds": frauds,
        "average_precision": ranked,
        "recall": _recall(label, scores, review),
        "false_positive_rate": float((genuine >= review).mean()) if len(genuine) else 0.0,
    }


def _recall(label: np.ndarray, scores: np.ndarray, threshold: float) -> float | None:
    fraud = scores[label == 1]
    return float((fraud >= threshold).mean()) if len(fraud) else None


def _share_interval(flagged: np.ndarray, card: np.ndarray, seed: int) -> dict[str, float]:
    """Of a share of payments, drawing whole cards; sums per card make it quick."""
    _, code = np.unique(card, return_inverse=True)
    count = np.bincount(code).astype(np.float64)
    hits = np.bincount(code, weights=flagged)
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(count), len(count))
        shares.append(hits[drawn].sum() / count[drawn].sum())
    low, high = np.quantile(shares, (0.025, 0.975))
    return {"low": float(low), "high": float(high)}
