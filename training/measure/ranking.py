"""How well scores put fraud first: measures of a ranking, also under weights for resampling."""

from dataclasses import dataclass

import numpy as np

CARDS_A_DAY = 100


class Ranking:
    """
    Payments in order of their scores, sorted once and measured under any number of weights.

    Equal scores are one step: no threshold can part them.
    """

    def __init__(self, label: np.ndarray, scores: np.ndarray) -> None:
        """
        :param label: 1 for fraud, shape (n,).
        :param scores: higher is more suspect, no NaN, shape (n,).
        """
        self._order = np.argsort(-scores, kind="stable")
        ranked = scores[self._order]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1
        self._frauds = np.flatnonzero(np.asarray(label)[self._order] == 1)
        # Between two steps with fraud no measure here changes, so the others are left out.
        steps, self._step = np.unique(
            np.searchsorted(ends, self._frauds, side="right"), return_inverse=True
        )
        self._ends = ends[steps]
        self._begins = np.concatenate([[0], ends])[steps]

    def average_precision(self, weights: np.ndarray | None = None) -> float:
        """
        Mean precision over the frauds, each at its own place in the ranking.

        :param weights: how often each payment counts, shape (n,); None: once.
        :return: in [0, 1]; NaN without fraud.
        """
        new_fraud, fraud, good, _, _ = self._steps(weights)
        if not len(fraud) or not fraud[-1]:
            return float("nan")
        seen = fraud + good
        precision = np.divide(fraud, seen, out=np.zeros_like(fraud), where=seen > 0)
        return float(new_fraud @ precision / fraud[-1])

    def roc_auc(self, weights: np.ndarray | None = None) -> float:
        """
        How often a fraud has a higher score than a good payment; equal scores count half.

        :param weights: how often each payment counts, shape (n,); None: once.
        :return: in [0, 1]; NaN without fraud or without good payments.
        """
        new_fraud, fraud, good, new_good, all_good = self._steps(weights)
        if not len(fraud) or not fraud[-1] or not all_good:
            return float("nan")
        below = all_good - good + new_good / 2
        return float(new_fraud @ below / fraud[-1] / all_good)

    def recall_at(self, false_positive_rate: float, weights: np.ndarray | None = None) -> float:
        """
        Share of the frauds found by the lowest threshold that annoys no more good payments.

        :param false_positive_rate: share of the good payments that may be flagged, in [0, 1].
        :param weights: how often each payment counts, shape (n,); None: once.
        :return: in [0, 1]; NaN without fraud.
        """
        _, fraud, good, _, all_good = self._steps(weights)
        if not len(fraud) or not fraud[-1]:
            return float("nan")
        allowed = int(np.searchsorted(good, false_positive_rate * all_good, side="right"))
        return float(fraud[allowed - 1] / fraud[-1]) if allowed else 0.0

    def _steps(
        self, weights: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
        """
        For each different score that a fraud has, highest first.

        :return: frauds at it, frauds and good payments at and above it, good payments at it; and
            all good payments.
        """
        weight = np.ones(len(self._order)) if weights is None else weights[self._order]
        seen = np.concatenate([[0.0], np.cumsum(weight)])
        new_fraud = np.bincount(self._step, weights=weight[self._frauds], minlength=len(self._ends))
        fraud = np.cumsum(new_fraud)
        good = seen[self._ends] - fraud
        new_good = seen[self._ends] - seen[self._begins] - new_fraud
        all_good = float(seen[-1] - (fraud[-1] if len(fraud) else 0))
        return new_fraud, fraud, good, new_good, all_good


@dataclass(frozen=True)
class CardPrecision:
    """
    Of the most suspect cards of each day, the share that was abused that day.

    :param found: per day, shape (days,).
    :param ceiling: what a perfect ranking of the same cards would have had, per day.
    """

    found: np.ndarray
    ceiling: np.ndarray

    @property
    def mean(self) -> float:
        """Over the days, in [0, 1]."""
        return float(self.found.mean())

    @property
    def mean_ceiling(self) -> float:
        """Over the days, in [0, 1]."""
        return float(self.ceiling.mean())


def card_precision(
    day: np.ndarray,
    card: np.ndarray,
    label: np.ndarray,
    scores: np.ndarray,
    cards_a_day: int = CARDS_A_DAY,
) -> CardPrecision:
    """
    If analysts check the most suspect cards of each day: how many of them were abused that day.

    A card is as suspect as the worst of its payments of the day. One that was found is blocked and
    not counted again on later days.

    :param day: number of the day of each payment, shape (n,).
    :param card: shape (n,).
    :param label: 1 for fraud, shape (n,).
    :param scores: higher is more suspect, shape (n,).

    Source: Le Borgne et al. 2022, Fraud Detection Handbook, "Card Precision top-k"
    """
    days, day_code = np.unique(day, return_inverse=True)
    cards, card_code = np.unique(card, return_inverse=True)
    pair, place = np.unique(day_code * len(cards) + card_code, return_inverse=True)
    worst = np.full(len(pair), -np.inf)
    np.maximum.at(worst, place, scores)
    abused = np.zeros(len(pair), dtype=bool)
    np.logical_or.at(abused, place, np.asarray(label) == 1)
    pair_day, pair_card = np.divmod(pair, len(cards))

    is_found = np.zeros(len(cards), dtype=bool)
    found, ceiling = np.zeros(len(days)), np.zeros(len(days))
    for number in range(len(days)):
        todays = np.flatnonzero((pair_day == number) & ~is_found[pair_card])
        top = todays[np.argsort(-worst[todays], kind="stable")[:cards_a_day]]
        caught = pair_card[top[abused[top]]]
        found[number] = len(caught) / cards_a_day
        ceiling[number] = min(cards_a_day, int(abused[todays].sum())) / cards_a_day
        is_found[caught] = True
    return CardPrecision(found, ceiling)
