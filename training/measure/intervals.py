"""How sure a measure is: bootstrap intervals that draw whole cards or whole days again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

RESAMPLES = 500
LEVEL = 0.95

# A measure under weights, shape (n,): how often each payment counts.
Measure = Callable[[np.ndarray | None], float]


@dataclass(frozen=True)
class Interval:
    """
    A measure and where it may lie.

    :param value: on the payments as they are.
    :param low: lower end; NaN if no resample could be measured.
    :param high: upper end.
    :param level: share of the resamples between the ends, such as 0.95.
    """

    value: float
    low: float
    high: float
    level: float = LEVEL


def interval(
    measure: Measure,
    groups: np.ndarray,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """
    Draw groups of payments with replacement and measure again.

    Payments of one card, and of one day, resemble each other, so single payments must not be drawn:
    the interval would be too narrow. Percentiles of the resamples are its ends.

    :param measure: such as ``Ranking(label, scores).average_precision``.
    :param groups: the card or the day of each payment, shape (n,).
    :param level: share of the resamples inside.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap; groups: Field and Welsh
    2007, doi:10.1111/j.1467-9868.2007.00593.x
    """
    values = np.array([measure(weights) for weights in _weights(groups, seed, resamples)])
    return percentiles(measure(None), values, level)


def difference(
    measure: Measure,
    other: Measure,
    groups: np.ndarray,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """
    The same for ``measure`` minus ``other``, both on the same resamples of the same payments.

    Two models stumble over the same payments, so their difference is surer than either of them.

    :param groups: the card or the day of each payment, shape (n,).
    """
    values = np.array(
        [measure(weights) - other(weights) for weights in _weights(groups, seed, resamples)]
    )
    return percentiles(measure(None) - other(None), values, level)


def _weights(groups: np.ndarray, seed: int, resamples: int) -> Iterator[np.ndarray]:
    names, code = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = random.integers(0, len(names), len(names))
        yield np.bincount(drawn, minlength=len(names)).astype(np.float64)[code]


def percentiles(value: float, values: np.ndarray, level: float) -> Interval:
    """
    The interval between percentiles of a measure of resamples.

    :param value: of the measure on the payments as they are.
    :param values: on each resample, shape (resamples,); NaN where it could not be measured.
    :param level: share of the resamples inside.
    """
    # A resample without fraud has no such measure.
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(value, float("nan"), float("nan"), level)
    low, high = np.quantile(known, ((1 - level) / 2, (1 + level) / 2))
    return Interval(value, float(low), float(high), level)
