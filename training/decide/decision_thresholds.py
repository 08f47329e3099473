"""From scores to decisions: at which score to review and at which to block, by what that costs."""

from dataclasses import dataclass

import numpy as np

from training.decide.decision_costs import DecisionCosts

# Thresholds that are tried; among so many the best is as good as among all.
CANDIDATES = 600


@dataclass(frozen=True)
class Thresholds:
    """
    Scores in [0, 1]; a payment at or above one gets that decision, block before review.

    :param review: an analyst looks.
    :param block: the payment is refused.
    """

    review: float
    block: float


def choose_thresholds(
    scores: np.ndarray,
    label: np.ndarray,
    amount_cents: np.ndarray,
    costs: DecisionCosts,
    days: float,
) -> Thresholds:
    """
    Choose on validation payments the pair with the lowest total cost.

    The total is the frauds approved or missed in review, the looks, and the genuine customers
    annoyed. Pairs with more looks than the analysts can do are left out.

    :param scores: in [0, 1], shape (n,).
    :param label: 1 for fraud, shape (n,).
    :param amount_cents: what each payment is worth, shape (n,).
    :param days: that the payments span; the capacity for reviews is per day.
    :return: thresholds of 1 if no decision pays; nearly nothing reaches them.

    Source: expected cost of each decision: Elkan 2001, "The Foundations of Cost-Sensitive Learning"
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    # The costs of the payments above a place in the ranking, by decision.
    approve, review, block = (
        np.concatenate([[0.0], np.cumsum(cost[order])])
        for cost in costs.of_each(label, amount_cents)
    )
    places = _places(ranked)
    blocked, flagged = places[:, None], places[None, :]
    total = block[blocked] + review[flagged] - review[blocked] + approve[-1] - approve[flagged]
    looks = flagged - blocked
    is_allowed = (looks >= 0) & (looks <= costs.looks(len(scores), days))
    # Of equal totals the first: fewer blocked, then fewer flagged.
    best = int(np.argmin(np.where(is_allowed, total, np.inf)))
    row, column = np.unravel_index(best, total.shape)
    at_block, at_review = (_score_of(ranked, int(place)) for place in (places[row], places[column]))
    return Thresholds(review=min(at_review, at_block), block=at_block)


def _places(ranked: np.ndarray) -> np.ndarray:
    """Numbers of payments that a threshold can flag, from none on; denser where scores are high."""
    # A threshold cannot part equal scores: only the last row of each run can be the lowest one in.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True)) + 1
    if len(ends) > CANDIDATES:
        wanted = np.geomspace(1, len(ends), CANDIDATES).astype(int) - 1
        ends = ends[np.unique(wanted)]
    return np.concatenate([[0], ends])


def _score_of(ranked: np.ndarray, place: int) -> float:
    """
    The threshold that flags so many payments: six digits, never above the last one's score.

    :param place: 0 flags nothing.
    """
    return float(np.floor(ranked[place - 1] * 1e6) / 1e6) if place else 1.0
