"""From scores to decisions: at which score to review and at which to block."""

from dataclasses import dataclass

import numpy as np

# Blocking is felt by the customer: at most one in ten blocked payments may be a good one.
BLOCK_PRECISION = 0.9
# What an analyst's look at one payment costs; it pays off if it saves more.
REVIEW_COST_CENTS = 500
# Analysts look at no more than one payment in a hundred.
REVIEW_CAPACITY = 0.01


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
    scores: np.ndarray, label: np.ndarray, amount_cents: np.ndarray
) -> Thresholds:
    """
    Choose on validation rows.

    Block is the lowest score from which on 90 % of the payments are fraud. Review is the score
    below it that saves most money (the amounts of the frauds found, less what the looks cost)
    without more looks than the analysts can do.

    :param scores: in [0, 1], shape (n,).
    :param label: 1 for fraud, shape (n,).
    :param amount_cents: what each payment is worth, shape (n,).
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    fraud = label[order].astype(np.float64)
    # A threshold cannot part equal scores: only the last row of each run can be the lowest one in.
    is_cut = np.append(ranked[1:] < ranked[:-1], True)
    precision = np.cumsum(fraud) / np.arange(1, len(ranked) + 1)
    precise = np.flatnonzero(is_cut & (precision >= BLOCK_PRECISION))
    blocked = int(precise[-1]) + 1 if len(precise) else 0
    block = _rounded_down(ranked[blocked - 1]) if blocked else 1.0

    looks = np.arange(1, len(ranked) + 1) - blocked
    saved = np.cumsum(fraud * amount_cents[order] - REVIEW_COST_CENTS)
    is_allowed = is_cut & (looks > 0) & (looks <= max(1, REVIEW_CAPACITY * len(ranked)))
    allowed = np.flatnonzero(is_allowed)
    if not len(allowed):
        return Thresholds(review=block, block=block)
    best = allowed[np.argmax(saved[allowed])]
    return Thresholds(review=min(_rounded_down(ranked[best]), block), block=block)


def _rounded_down(score: float) -> float:
    """Six digits, never above the score itself, so that its payment stays included."""
    return float(np.floor(score * 1e6) / 1e6)
