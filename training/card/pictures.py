"""The pictures of a model card, by file name."""

import numpy as np

from training.card.plot_contributions import contributions_png
from training.card.plot_costs import costs_png
from training.card.plot_reviews import reviews_png
from training.card.plots import importance_png, precision_recall_png, reliability_png
from training.decide.decision_costs import DecisionCosts
from training.judge.evaluate import span_days
from training.learn.fit import Fitted
from training.measure.ranking import Ranking

# Frauds and others whose contributions are shown; trees take milliseconds for each.
SHOWN_FRAUDS = 300
SHOWN_OTHERS = 500


def pictures(fitted: Fitted, costs: DecisionCosts, seed: int) -> dict[str, bytes]:
    """
    Draw all of them from the test part.

    :return: PNG by file name.
    """
    names = fitted.prepared.training_set.features
    frame = fitted.prepared.training_set.frame.iloc[fitted.test]
    scores = fitted.test_scores
    label = frame["label"].to_numpy()
    amount = frame["amount_cents_paid"].to_numpy()
    rng = np.random.default_rng(seed)
    fraud = rng.permutation(np.flatnonzero(label == 1))[:SHOWN_FRAUDS]
    others = rng.permutation(np.flatnonzero(label == 0))[:SHOWN_OTHERS]
    shown = fitted.test[np.concatenate([fraud, others])]
    return {
        "precision_recall.png": precision_recall_png(
            label, scores, fitted.thresholds, Ranking(label, scores).average_precision()
        ),
        "reliability.png": reliability_png(
            label, fitted.uncalibrated_test_scores, scores, fitted.calibration
        ),
        "costs.png": costs_png(label, scores, amount, fitted.thresholds, costs, span_days(frame)),
        "reviews.png": reviews_png(fitted.curve, fitted.thresholds, costs),
        "importance.png": importance_png(fitted.booster, names),
        "contributions.png": contributions_png(
            fitted.booster, fitted.prepared.features[shown], names, seed
        ),
    }
