"""What decisions cost: the one place for the numbers that thresholds are chosen by."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from training.errors import TrainingError

APPROVE, REVIEW, BLOCK = 0, 1, 2


@dataclass(frozen=True)
class DecisionCosts:
    """
    In cents of the payments' currency.

    :param review_cents: an analyst's look at one payment.
    :param review_insult_cents: a genuine customer has to wait for that look.
    :param block_insult_cents: a genuine customer is refused: goodwill and the lost sale.
    :param caught_in_review: share of the frauds that a manual review detects.
    :param reviews_per_day: at most this many reviews; None: ``review_share`` of the payments.
    :param review_share: used without ``reviews_per_day``.
    """

    review_cents: float = 500
    review_insult_cents: float = 100
    block_insult_cents: float = 10_000
    caught_in_review: float = 0.95
    reviews_per_day: float | None = None
    review_share: float = 0.01

    def check(self) -> None:
        """:raises TrainingError: a number that is not a cost, share or count."""
        for name, value in vars(self).items():
            is_share = name in ("caught_in_review", "review_share")
            if value is not None and not (0 <= value <= (1 if is_share else float("inf"))):
                raise TrainingError(
                    f"{name} is {value}",
                    "give a share from 0 to 1" if is_share else "give 0 or more",
                )

    def of(self, decisions: np.ndarray, label: np.ndarray, amount_cents: np.ndarray) -> np.ndarray:
        """
        What each payment costs when it is decided so.

        A fraud that is approved, or not detected in a review, costs its amount.

        :param decisions: `APPROVE`, `REVIEW` or `BLOCK`, shape (n,).
        :param label: 1 for fraud, shape (n,).
        :param amount_cents: shape (n,).
        :return: cents, float64, shape (n,).
        """
        per_decision = np.stack(self.of_each(label, amount_cents))
        cents: np.ndarray = per_decision[decisions, np.arange(len(label))]
        return cents

    def of_each(
        self, label: np.ndarray, amount_cents: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        The same if all were approved, all reviewed, all blocked.

        :return: three times cents, float64, shape (n,).
        """
        fraud = np.asarray(label) == 1
        lost = np.where(fraud, amount_cents, 0).astype(np.float64)
        review = self.review_cents + np.where(
            fraud, lost * (1 - self.caught_in_review), self.review_insult_cents
        )
        return lost, review, np.where(fraud, 0.0, self.block_insult_cents)

    def looks(self, payments: int, days: float) -> float:
        """
        How many payments may be reviewed in a period.

        :param payments: in the period.
        :param days: its length.
        """
        if self.reviews_per_day is None:
            return self.review_share * payments
        return self.reviews_per_day * days

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        return dict(vars(self))


def decide(scores: np.ndarray, review: float, block: float) -> np.ndarray:
    """
    The decision for each score.

    :param scores: in [0, 1], shape (n,).
    :param review: from here on an analyst looks, up to ``block``.
    """
    return np.where(scores >= block, BLOCK, np.where(scores >= review, REVIEW, APPROVE))
