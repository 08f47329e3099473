"""The whole choice of thresholds, small enough for a bundle: what lies above each score.

All that thresholds are chosen by are sums over the payments above a score. With those of a few
hundred scores, another number of reviews or other costs need neither the payments nor the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from training.decide.decision_costs import DecisionCosts
from training.decide.decision_thresholds import Thresholds, candidate_scores
from training.errors import TrainingError


@dataclass(frozen=True)
class Tally:
    """
    Payments of a period, summed above each score of a `DecisionCurve`.

    :param days: length of the period.
    :param payments: how many have at least each score, shape (k,), rising.
    :param frauds: those of them that are fraud.
    :param fraud_cents: what these are worth.
    :param all_payments: of the period; the other two are its frauds and what these are worth.
    """

    days: float
    payments: np.ndarray
    frauds: np.ndarray
    fraud_cents: np.ndarray
    all_payments: int
    all_frauds: int
    all_fraud_cents: int

    @classmethod
    def of(
        cls,
        at_least: np.ndarray,
        scores: np.ndarray,
        label: np.ndarray,
        amount_cents: np.ndarray,
        days: float,
    ) -> Self:
        """
        Sum payments.

        :param at_least: the scores to sum above, falling, shape (k,).
        :param scores: of the payments, in [0, 1], shape (n,).
        :param label: 1 for fraud, shape (n,).
        :param amount_cents: shape (n,).
        """
        order = np.argsort(-scores, kind="stable")
        fraud = np.asarray(label)[order] == 1
        cents = np.where(fraud, np.asarray(amount_cents)[order], 0)
        counts = np.searchsorted(-scores[order], -at_least, side="right")
        frauds, lost = (
            np.concatenate([[0], np.cumsum(values, dtype=np.int64)]) for values in (fraud, cents)
        )
        return cls(
            days=days,
            payments=counts.astype(np.int64),
            frauds=frauds[counts],
            fraud_cents=lost[counts],
            all_payments=len(scores),
            all_frauds=int(frauds[-1]),
            all_fraud_cents=int(lost[-1]),
        )

    def cost_cents(self, costs: DecisionCosts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        What the payments above each score cost if all were approved, all reviewed, all blocked.

        :return: three times cents, float64, shape (k,).
        """
        genuine = self.payments - self.frauds
        lost = self.fraud_cents.astype(np.float64)
        review = (
            costs.review_cents * self.payments
            + costs.review_insult_cents * genuine
            + (1 - costs.caught_in_review) * lost
        )
        return lost, review, costs.block_insult_cents * genuine

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """:raises KeyError, TypeError, ValueError: it is not what `to_json` makes."""
        arrays = ("payments", "frauds", "fraud_cents")
        return cls(
            **{name: np.asarray(data[name], dtype=np.int64) for name in arrays},
            days=float(data["days"]),
            all_payments=int(data["all_payments"]),
            all_frauds=int(data["all_frauds"]),
            all_fraud_cents=int(data["all_fraud_cents"]),
        )


@dataclass(frozen=True)
class Expected:
    """
    What a pair of thresholds does to the payments of a period.

    :param reviews_a_day: payments to review.
    :param blocks_a_day: payments refused.
    :param precision: share of the alerts that is fraud; 0 without alerts.
    :param recall: share of the fraud that is an alert; 0 without fraud.
    :param cost_cents_a_day: fraud not stopped, looks, and genuine customers annoyed.
    :param saved_cents_a_day: what approving everything would cost more.
    """

    reviews_a_day: float
    blocks_a_day: float
    precision: float
    recall: float
    cost_cents_a_day: float
    saved_cents_a_day: float


@dataclass(frozen=True)
class DecisionCurve:
    """
    Scores to choose thresholds from, with the payments above each.

    :param scores: in [0, 1], falling, shape (k,); the first flags nothing, the last everything.
    :param validation: payments to choose on.
    :param test: later ones, to see what a choice does.
    """

    scores: np.ndarray
    validation: Tally
    test: Tally

    @classmethod
    def of(
        cls,
        validation: tuple[np.ndarray, np.ndarray, np.ndarray, float],
        test: tuple[np.ndarray, np.ndarray, np.ndarray, float],
    ) -> Self:
        """
        Sum up both parts.

        :param validation: scores, labels, amounts in cents, and the days they span.
        :param test: the same of the test part.
        """
        scores = candidate_scores(validation[0])
        return cls(scores, Tally.of(scores, *validation), Tally.of(scores, *test))

    def choose(self, costs: DecisionCosts, payments_a_day: float | None = None) -> Thresholds:
        """
        The pair that costs least on the validation part.

        The total is the frauds approved or missed in review, the looks, and the genuine customers
        annoyed. Pairs with more looks than the analysts can do are left out.

        :param payments_a_day: how many there are now, for `costs.reviews_per_day`; None: as many as
            in the validation part.
        :return: thresholds of 1 if no decision pays; nearly nothing reaches them.

        Source: expected cost of each decision: Elkan 2001, "The Foundations of Cost-Sensitive
        Learning"
        """
        part = self.validation
        days = part.all_payments / payments_a_day if payments_a_day else part.days
        approve, review, block = part.cost_cents(costs)
        flagged = part.payments
        # The first axis is what is blocked, the second what is blocked or reviewed.
        total = block[:, None] + review - review[:, None] + part.all_fraud_cents - approve
        looks = flagged - flagged[:, None]
        is_allowed = (looks >= 0) & (looks <= costs.looks(part.all_payments, days))
        # Of equal totals the first: fewer blocked, then fewer flagged.
        best = int(np.argmin(np.where(is_allowed, total, np.inf)))
        at_block, at_review = (
            float(self.scores[place]) for place in np.unravel_index(best, total.shape)
        )
        return Thresholds(review=min(at_review, at_block), block=at_block)

    def expected(self, thresholds: Thresholds, costs: DecisionCosts, part: Tally) -> Expected:
        """
        What thresholds do.

        :param thresholds: of these scores; of others the next higher ones count.
        :param part: `validation` or `test`.
        """
        # Row numbers of the lowest scores that are not below the thresholds.
        at_review, at_block = (
            int(np.searchsorted(-self.scores, -score, side="right")) - 1
            for score in (thresholds.review, thresholds.block)
        )
        approve, review, block = part.cost_cents(costs)
        cost = (
            block[at_block]
            + review[at_review]
            - review[at_block]
            + part.all_fraud_cents
            - approve[at_review]
        )
        alerts, found = int(part.payments[at_review]), int(part.frauds[at_review])
        return Expected(
            reviews_a_day=(alerts - int(part.payments[at_block])) / part.days,
            blocks_a_day=int(part.payments[at_block]) / part.days,
            precision=found / max(1, alerts),
            recall=found / max(1, part.all_frauds),
            cost_cents_a_day=float(cost) / part.days,
            saved_cents_a_day=(part.all_fraud_cents - float(cost)) / part.days,
        )

    def limits(self, costs: DecisionCosts, count: int) -> list[float]:
        """
        Numbers of reviews a day that are worth choosing between.

        :param costs: their own limit of reviews does not count.
        :param count: at most so many.
        :return: rising; the last one allows the cheapest pair of all.
        """
        free = self.choose(replace(costs, reviews_per_day=float("inf")))
        most = self.expected(free, costs, self.validation).reviews_a_day
        if most < 1:
            return [most]
        # Rounded up, so that the last one still allows all that pays.
        steps = np.ceil(np.geomspace(1, most, count) * 10) / 10
        return [0.0, *map(float, np.unique(steps))]

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        return {
            "scores": self.scores.tolist(),
            "validation": self.validation.to_json(),
            "test": self.test.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """:raises TrainingError: it is not what `to_json` makes."""
        try:
            scores = np.asarray(data["scores"], dtype=np.float64)
            parts = (Tally.from_json(data["validation"]), Tally.from_json(data["test"]))
        except (KeyError, TypeError, ValueError) as error:
            raise TrainingError(
                f"the curve of a bundle is malformed: {error!r}",
                "train again with `swipestream train`",
            ) from None
        return cls(scores, *parts)
