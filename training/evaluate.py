"""How good the scores are, on payments that came after everything the model has seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from training.decision_thresholds import Thresholds
from training.prequential import DAY_MS
from training.ranking import CARDS_A_DAY, card_precision

# Enough rows for a tree of three splits; all of them would only take longer.
TREE_ROWS = 300_000


def metrics(frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds) -> dict[str, Any]:
    """
    Measure a model on the test part.

    :param frame: ``label``, ``event_ms``, ``card_id``, ``scenario`` per payment, shape (n, ...).
    :param scores: in [0, 1], shape (n,).
    :return: average_precision, roc_auc, fraud_rate, what review and block find (recall and
        precision in [0, 1], share of payments), card_precision_100 with its ceiling, recall by
        scenario at the review threshold.
    """
    label = frame["label"].to_numpy()
    days = (frame["event_ms"].to_numpy() - int(frame["event_ms"].iloc[0])) // DAY_MS
    cards = card_precision(days, frame["card_id"].to_numpy(), label, scores)
    flagged = scores >= thresholds.review
    scenarios = frame["scenario"].where(frame["label"] == 1)
    by_scenario = pd.DataFrame({"scenario": scenarios, "found": flagged}).dropna()
    return {
        "average_precision": float(average_precision_score(label, scores)),
        "roc_auc": float(roc_auc_score(label, scores)),
        "fraud_rate": float(label.mean()),
        "review": at_threshold(label, scores, thresholds.review),
        "block": at_threshold(label, scores, thresholds.block),
        f"card_precision_{CARDS_A_DAY}": cards.mean,
        f"card_precision_{CARDS_A_DAY}_ceiling": cards.mean_ceiling,
        "recall_by_scenario": {
            str(name): {"frauds": int(group["found"].size), "found": float(group["found"].mean())}
            for name, group in by_scenario.groupby("scenario")
        },
    }


def at_threshold(label: np.ndarray, scores: np.ndarray, threshold: float) -> dict[str, float]:
    """
    What happens at and above one score.

    :return: precision (0 if nothing is flagged), recall, and the share of payments flagged.
    """
    flagged = scores >= threshold
    frauds = float(label[flagged].sum())
    return {
        "threshold": threshold,
        "precision": frauds / max(1.0, float(flagged.sum())),
        "recall": frauds / max(1.0, float(label.sum())),
        "share": float(flagged.mean()),
    }


def baselines(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    position: Mapping[str, int],
    seed: int,
) -> dict[str, float]:
    """
    Average precision of what needs no such model.

    :param train: features (n, f) and label (n,); NaN for unknown.
    :param test: likewise.
    :param position: column of each feature.
    :return: a decision tree of depth 2, the number of payments in five minutes, the amount.
    """
    features, label = train
    rows = np.random.default_rng(seed).permutation(len(label))[:TREE_ROWS]
    tree = DecisionTreeClassifier(max_depth=2, random_state=seed)
    tree.fit(features[rows], label[rows])
    test_features, test_label = test

    def precision(scores: np.ndarray) -> float:
        return float(average_precision_score(test_label, scores))

    return {
        "depth_2_tree": precision(tree.predict_proba(test_features)[:, 1]),
        "velocity_rule": precision(np.nan_to_num(test_features[:, position["card_txn_count_5m"]])),
        "amount_rule": precision(test_features[:, position["amount_cents"]]),
    }
