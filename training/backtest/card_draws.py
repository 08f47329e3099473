"""Intervals of sums over cards: whole cards are drawn again, and most of them only counted."""

from dataclasses import dataclass

import numpy as np

from training.measure.intervals import LEVEL, Interval, percentiles

RESAMPLES = 200
# Columns of the sums of a card.
ALERTS, FOUND, FRAUDS, SAVED = range(4)


@dataclass(frozen=True)
class Intervals:
    """
    How sure the measures of a group of payments are.

    :param precision: share of the alerts that is fraud; NaN without alerts.
    :param recall: share of the frauds that is an alert; NaN without frauds.
    :param saved_cents: against approving everything.
    """

    precision: Interval
    recall: Interval
    saved_cents: Interval


def intervals(sums: np.ndarray, cards: int, seed: int, resamples: int = RESAMPLES) -> Intervals:
    """
    Draw as many cards as there are, with replacement, and measure again.

    :param sums: alerts, frauds among them, frauds, and cents saved of each card that has any,
        float64, shape (m, 4).
    :param cards: all of them, also those that have none.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap; groups: Field and Welsh
    2007, doi:10.1111/j.1467-9868.2007.00593.x
    """
    random = np.random.default_rng(seed)
    drawn = np.zeros((resamples, 4))
    if len(sums):
        for number in range(resamples):
            # How many of the cards drawn are among those that have any; which, all equally likely.
            hits = random.binomial(cards, min(1.0, len(sums) / cards))
            chosen = np.bincount(random.integers(0, len(sums), hits), minlength=len(sums))
            drawn[number] = chosen @ sums
    total = sums.sum(axis=0) if len(sums) else np.zeros(4)
    return Intervals(
        precision=_share(total, drawn, FOUND, ALERTS),
        recall=_share(total, drawn, FOUND, FRAUDS),
        saved_cents=percentiles(float(total[SAVED]), drawn[:, SAVED], LEVEL),
    )


def _share(total: np.ndarray, drawn: np.ndarray, part: int, whole: int) -> Interval:
    def of(sums: np.ndarray) -> np.ndarray:
        shares: np.ndarray = np.divide(
            sums[..., part],
            sums[..., whole],
            out=np.full(sums.shape[:-1], np.nan),
            where=sums[..., whole] > 0,
        )
        return shares

    return percentiles(float(of(total)), of(drawn), LEVEL)
