"""From scores to decisions: the scores at which to review and to block, and those worth trying."""

from dataclasses import dataclass

import numpy as np

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


def candidate_scores(scores: np.ndarray) -> np.ndarray:
    """
    Thresholds that are worth trying: denser where scores are high.

    :param scores: of the payments, in [0, 1], shape (n,).
    :return: falling, six digits and never above the score they stand for; the first is 1, which
        nearly nothing reaches, and the last flags everything.
    """
    ranked = np.sort(scores.astype(np.float64))[::-1]
    # A threshold cannot part equal scores: only the last row of each run can be the lowest one in.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    if len(ends) > CANDIDATES:
        wanted = np.geomspace(1, len(ends), CANDIDATES).astype(int) - 1
        ends = ends[np.unique(wanted)]
    found = np.unique(np.floor(ranked[ends] * 1e6) / 1e6)[::-1]
    return np.concatenate([[1.0], found[found < 1.0]])
