"""Fitting and choosing the line from the trees' log odds to probabilities."""

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from udfs.calibration import NO_CALIBRATION, Calibration, logistic

# A bend needs this many payments of either kind on its side, or it follows chance.
MIN_FRAUDS = 20
MIN_OTHERS = 20


@dataclass(frozen=True)
class Choice:
    """
    The calibration that was chosen, and why.

    :param log_loss: of each method on payments it was not fitted on; lower is better.
    """

    calibration: Calibration
    log_loss: dict[str, float]


def choose_calibration(log_odds: np.ndarray, label: np.ndarray) -> Choice:
    """
    Fit on the earlier half, compare on the later one, fit the best again on both.

    :param log_odds: the trees' raw scores of validation payments in order of time, shape (n,).
    :param label: 1 for fraud, shape (n,).
    :return: no calibration if none is better by more than the noise, or if a half has no fraud.
    """
    half = len(label) // 2
    earlier, later = slice(None, half), slice(half, None)
    surprise = {"none": surprises(logistic(log_odds[later]), label[later])}
    if min(_rarer(label[earlier]), _rarer(label[later])) >= MIN_FRAUDS:
        for method in FITS:
            fitted = FITS[method](log_odds[earlier], label[earlier])
            if fitted is not None:
                probabilities = fitted.probabilities(log_odds[later])
                surprise[method] = surprises(probabilities, label[later])
    losses = {method: float(values.mean()) for method, values in surprise.items()}
    best = min(losses, key=lambda method: losses[method])
    is_noise = not _is_less(surprise[best], surprise["none"])
    chosen = None if is_noise else FITS[best](log_odds, label)
    return Choice(chosen or NO_CALIBRATION, losses)


def platt(log_odds: np.ndarray, label: np.ndarray) -> Calibration | None:
    """
    A straight line through the log odds, fitted by maximum likelihood.

    :param log_odds: shape (n,).
    :param label: 1 for fraud, shape (n,); both kinds occur.
    :return: None if the line does not rise: the scores say nothing then.

    Source: Platt 1999, Probabilistic outputs for support vector machines
    """
    line = LogisticRegression(C=1e6).fit(log_odds.reshape(-1, 1), label)
    slope, intercept = float(line.coef_[0, 0]), float(line.intercept_[0])
    return Calibration("platt", intercept, slope) if slope > 0 else None


def isotonic(log_odds: np.ndarray, label: np.ndarray) -> Calibration | None:
    """
    A line through the centers of isotonic regression's steps, in log odds.

    The steps themselves would give payments of different scores the same one. Steps with few
    payments of a kind are joined; beyond the outer centers the slope is that of `platt`.

    :param log_odds: shape (n,).
    :param label: 1 for fraud, shape (n,); both kinds occur.
    :return: None if there are fewer than two steps.

    Source: Oron and Flournoy 2017, Centered Isotonic Regression, doi:10.1080/19466315.2017.1286256
    """
    straight = platt(log_odds, label)
    if straight is None:
        return None
    order = np.argsort(log_odds, kind="stable")
    x, y = log_odds[order], label[order].astype(np.float64)
    steps = IsotonicRegression().fit_transform(x, y)
    ends = np.flatnonzero(np.append(np.diff(steps) > 0, True)) + 1
    # Equal scores belong to one step.
    ends = ends[np.append(x[ends[:-1]] > x[ends[:-1] - 1], True)]
    bounds = _joined(ends, np.cumsum(y))
    centres, rates, begin = [], [], 0
    for end in bounds:
        rate = y[begin:end].mean()
        centres.append(float(x[begin:end].mean()))
        rates.append(float(np.log(rate / (1 - rate))))
        begin = end
    slopes = np.diff(rates) / np.diff(centres)
    if len(centres) < 2 or not (slopes > 0).all():
        return None
    changes = np.diff([straight.slope, *slopes, straight.slope])
    intercept = rates[0] - straight.slope * centres[0]
    return Calibration(
        "isotonic", intercept, straight.slope, tuple(centres), tuple(map(float, changes))
    )


FITS = {"platt": platt, "isotonic": isotonic}


def log_loss(probabilities: np.ndarray, label: np.ndarray) -> float:
    """
    Mean surprise at what happened, in nats; 0 is perfect.

    :param probabilities: of fraud, shape (n,).
    :param label: 1 for fraud, shape (n,).
    """
    return float(surprises(probabilities, label).mean())


def surprises(probabilities: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The same for each payment, shape (n,)."""
    told = np.where(label == 1, probabilities, 1 - probabilities)
    surprise: np.ndarray = -np.log(np.clip(told, 1e-15, 1))
    return surprise


def _is_less(values: np.ndarray, others: np.ndarray) -> bool:
    """Whether the mean of pairs is smaller by more than two standard errors."""
    gain = others - values
    return bool(gain.mean() > 2 * gain.std() / np.sqrt(len(gain)))


def _joined(ends: np.ndarray, frauds_up_to: np.ndarray) -> list[int]:
    """Ends of steps, of which each has enough payments of either kind; the last takes the rest."""
    bounds: list[int] = []
    begin, frauds_before = 0, 0.0
    for end in ends.tolist():
        frauds = frauds_up_to[end - 1] - frauds_before
        if frauds >= MIN_FRAUDS and end - begin - frauds >= MIN_OTHERS:
            bounds.append(end)
            begin, frauds_before = end, frauds_up_to[end - 1]
    if bounds:
        bounds[-1] = int(ends[-1])
    return bounds


def _rarer(label: np.ndarray) -> int:
    frauds = int(label.sum())
    return min(frauds, len(label) - frauds)
