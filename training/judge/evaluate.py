"""How good the scores are, on payments that came after everything the model has seen."""

from typing import Any

import numpy as np
import pandas as pd

from training.decide.calibration import log_loss
from training.decide.decision_costs import DecisionCosts, decide
from training.decide.decision_thresholds import Thresholds
from training.judge.controls import Control
from training.measure.intervals import Interval, interval
from training.measure.prequential import DAY_MS
from training.measure.ranking import CARDS_A_DAY, Ranking, card_precision

# Good customers annoyed that nobody would complain about: one in a hundred.
FALSE_POSITIVE_RATE = 0.01
RECALL_AT = "recall_at_1_percent_false_positives"
CARD_PRECISION = f"card_precision_{CARDS_A_DAY}"
RESAMPLES = 200
# As sql/postgres/views/score_spread.sql counts them.
SCORE_BANDS = 10


def metrics(
    frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds, costs: DecisionCosts
) -> dict[str, Any]:
    """
    Measure a model on the test part.

    :param frame: the keys of a `TrainingSet` per payment, shape (n, ...).
    :param scores: probabilities in [0, 1], shape (n,).
    :return: average_precision, roc_auc, fraud_rate, recall at 1 % false positives, log_loss, what
        review and block find (recall and precision in [0, 1], share of payments), card precision
        with its ceiling, money, payments by band of score, recall by scenario at the review
        threshold.
    """
    label = frame["label"].to_numpy()
    cards = card_precision(days_of(frame), cards_of(frame), label, scores)
    flagged = scores >= thresholds.review
    scenarios = frame["scenario"].where(frame["label"] == 1)
    by_scenario = pd.DataFrame({"scenario": scenarios, "found": flagged}).dropna()
    return {
        **ranking_metrics(label, scores),
        "fraud_rate": float(label.mean()),
        "log_loss": log_loss(scores, label),
        "review": at_threshold(label, scores, thresholds.review),
        "block": at_threshold(label, scores, thresholds.block),
        CARD_PRECISION: cards.mean,
        f"{CARD_PRECISION}_ceiling": cards.mean_ceiling,
        "money": money(frame, scores, thresholds, costs),
        "score_bands": score_bands(scores),
        "recall_by_scenario": {
            str(name): {"frauds": int(group["found"].size), "found": float(group["found"].mean())}
            for name, group in by_scenario.groupby("scenario")
        },
    }


def score_bands(scores: np.ndarray) -> list[int]:
    """
    How many payments got which score, to hold the scores of later payments against.

    :param scores: in [0, 1], shape (n,).
    :return: payments by tenth of score, the lowest first; 1 belongs to the last.
    """
    counts, _ = np.histogram(scores, bins=SCORE_BANDS, range=(0.0, 1.0))
    return [int(count) for count in counts]


def ranking_metrics(label: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """
    The measures that need an order and no probabilities.

    :param label: 1 for fraud, shape (n,).
    :param scores: higher is more suspect, shape (n,).
    """
    ranking = Ranking(label, scores)
    return {
        "average_precision": ranking.average_precision(),
        "roc_auc": ranking.roc_auc(),
        RECALL_AT: ranking.recall_at(FALSE_POSITIVE_RATE),
    }


def control_metrics(frame: pd.DataFrame, control: Control) -> dict[str, float]:
    """The same for a control, and its card precision; `trained_on` are rows."""
    label = frame["label"].to_numpy()
    cards = card_precision(days_of(frame), cards_of(frame), label, control.scores)
    return {
        **ranking_metrics(label, control.scores),
        CARD_PRECISION: cards.mean,
        "trained_on": control.trained_on,
    }


def metric_intervals(
    frame: pd.DataFrame,
    scores: np.ndarray,
    thresholds: Thresholds,
    costs: DecisionCosts,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, dict[str, float]]:
    """
    Between which values the measures lie in 95 of 100 resamples.

    Cards are drawn, because a card's payments resemble each other; days for the card precision.

    :return: ``low`` and ``high`` by measure.
    """
    label, card = frame["label"].to_numpy(), cards_of(frame)
    ranking = Ranking(label, scores)
    saved = saved_cents(frame, scores, thresholds, costs)
    by_card = {
        "average_precision": ranking.average_precision,
        "roc_auc": ranking.roc_auc,
        RECALL_AT: lambda weights: ranking.recall_at(FALSE_POSITIVE_RATE, weights),
        "money.saved_cents": lambda weights: float(
            saved.sum() if weights is None else saved @ weights
        ),
    }
    found = {name: interval(measure, card, seed, resamples) for name, measure in by_card.items()}
    daily = card_precision(days_of(frame), card, label, scores).found
    found[CARD_PRECISION] = interval(
        lambda weights: float(np.average(daily, weights=weights)), np.arange(len(daily)), seed
    )
    return {name: dict(zip(("low", "high"), ends(one), strict=True)) for name, one in found.items()}


def ends(found: Interval) -> list[float]:
    """Low and high; the value itself where no resample could be measured."""
    return [float(found.value if np.isnan(end) else end) for end in (found.low, found.high)]


def money(
    frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds, costs: DecisionCosts
) -> dict[str, float]:
    """
    What the decisions cost on the test part, in cents.

    :return: fraud_cents that happened, cost_cents of the decisions (fraud not stopped, looks,
        genuine customers annoyed), saved_cents against approving everything, saved_share of the
        fraud, reviews_per_day, and the days that all this is of.
    """
    label, amount = frame["label"].to_numpy(), frame["amount_cents_paid"].to_numpy()
    fraud = float(amount[label == 1].sum())
    saved = float(saved_cents(frame, scores, thresholds, costs).sum())
    reviews = ((scores >= thresholds.review) & (scores < thresholds.block)).sum()
    return {
        "fraud_cents": fraud,
        "cost_cents": fraud - saved,
        "saved_cents": saved,
        "saved_share": saved / max(1.0, fraud),
        "reviews_per_day": float(reviews / span_days(frame)),
        "days": span_days(frame),
    }


def saved_cents(
    frame: pd.DataFrame, scores: np.ndarray, thresholds: Thresholds, costs: DecisionCosts
) -> np.ndarray:
    """What each payment's decision saves against approving it, in cents, shape (n,)."""
    label, amount = frame["label"].to_numpy(), frame["amount_cents_paid"].to_numpy()
    decisions = decide(scores, thresholds.review, thresholds.block)
    approved = costs.of(np.zeros_like(decisions), label, amount)
    saved: np.ndarray = approved - costs.of(decisions, label, amount)
    return saved


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


def days_of(frame: pd.DataFrame) -> np.ndarray:
    """Number of the day of each payment, counted from the first payment on."""
    event_ms = frame["event_ms"].to_numpy()
    days: np.ndarray = (event_ms - int(event_ms[0])) // DAY_MS
    return days


def cards_of(frame: pd.DataFrame) -> np.ndarray:
    """A number for each card: texts are slow to sort, and each measure sorts them again."""
    numbers: np.ndarray = pd.factorize(frame["card_id"])[0]
    return numbers


def span_days(frame: pd.DataFrame) -> float:
    """Days from the first payment to the last, at least one."""
    event_ms = frame["event_ms"].to_numpy()
    return max(1.0, float(event_ms[-1] - event_ms[0]) / DAY_MS)
