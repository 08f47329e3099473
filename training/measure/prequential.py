"""Folds in order of time: learn, wait for the labels, measure; never look ahead."""

from dataclasses import dataclass

import numpy as np

from training.errors import TrainingDataError

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Protocol:
    """
    How long each part of a fold is.

    :param train_days: payments to learn from.
    :param delay_days: between learning and measuring; after it the labels of the first are known.
    :param test_days: payments to measure on.

    Source: Dal Pozzolo et al. 2018, doi:10.1109/TNNLS.2017.2736643
    """

    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7


@dataclass(frozen=True)
class Window:
    """From ``from_ms`` to just before ``to_ms``, UTC epoch milliseconds."""

    from_ms: int
    to_ms: int

    def rows(self, event_ms: np.ndarray) -> np.ndarray:
        """
        Numbers of the payments in it.

        :param event_ms: UTC epoch milliseconds, ascending, shape (n,).
        """
        first, end = np.searchsorted(event_ms, (self.from_ms, self.to_ms))
        return np.arange(first, end)


@dataclass(frozen=True)
class Fold:
    """
    One step in time. The model is made when the test window begins.

    :param train: all its labels are known at ``test.from_ms``.
    """

    train: Window
    test: Window


def folds_until(protocol: Protocol, end_ms: int, count: int, earliest_ms: int) -> tuple[Fold, ...]:
    """
    The last folds up to an end, the earliest first; test windows follow each other without gaps.

    :param end_ms: just after the last test window, UTC epoch milliseconds.
    :param earliest_ms: where the history that a model may learn from begins.
    :raises TrainingDataError: the history is too short for so many.
    """
    folds = tuple(_fold(protocol, end_ms - back * _test_ms(protocol)) for back in range(count))[
        ::-1
    ]
    if folds and folds[0].train.from_ms < earliest_ms:
        days = (end_ms - earliest_ms) / DAY_MS
        needed = (end_ms - folds[0].train.from_ms) / DAY_MS
        raise TrainingDataError(
            f"the history has {days:.0f} days, {count} folds need {needed:.0f}",
            "simulate more days: `swipestream simulate world --days 90`",
        )
    return folds


def validation_folds(
    protocol: Protocol, folds: tuple[Fold, ...], count: int, earliest_ms: int
) -> tuple[Fold, ...]:
    """
    Folds to choose parameters on, for models that are then measured on other, later folds.

    When the first of these begins, every label of every validation fold is known: the validation
    folds end one label delay before it.

    :param folds: those to measure on, the earliest first.
    :param earliest_ms: where the history that a model may learn from begins.
    :raises TrainingDataError: the history is too short for so many.
    """
    end_ms = folds[0].test.from_ms - protocol.delay_days * DAY_MS
    return folds_until(protocol, end_ms, count, earliest_ms)


def without_known_cards(
    rows: np.ndarray,
    event_ms: np.ndarray,
    card: np.ndarray,
    label: np.ndarray,
    known_ms: np.ndarray,
    since_ms: int = 0,
) -> np.ndarray:
    """
    Leave out payments of cards that are known to be compromised: those would be blocked by then.

    A card is out from midnight (UTC) on, once a fraud on it is known.

    :param rows: numbers of the payments to look at, ascending, shape (m,).
    :param event_ms: of all payments, UTC epoch milliseconds, shape (n,).
    :param card: of all payments, shape (n,).
    :param label: 1 for fraud, of all payments, shape (n,).
    :param known_ms: when each payment's label becomes known, shape (n,).
    :param since_ms: frauds before that do not count, as if their cards had been replaced.
    :return: the rows that stay.

    Source: Le Borgne et al. 2022, Fraud Detection Handbook, "Validation strategies"
    """
    frauds = np.flatnonzero((label == 1) & (event_ms >= since_ms))
    cards, code = np.unique(card, return_inverse=True)
    first_known_ms = np.full(len(cards), np.iinfo(np.int64).max)
    np.minimum.at(first_known_ms, code[frauds], known_ms[frauds])
    midnight_ms = event_ms[rows] // DAY_MS * DAY_MS
    unknown: np.ndarray = rows[first_known_ms[code[rows]] > midnight_ms]
    return unknown


def _fold(protocol: Protocol, end_ms: int) -> Fold:
    test_from_ms = end_ms - _test_ms(protocol)
    train_to_ms = test_from_ms - protocol.delay_days * DAY_MS
    return Fold(
        Window(train_to_ms - protocol.train_days * DAY_MS, train_to_ms),
        Window(test_from_ms, end_ms),
    )


def _test_ms(protocol: Protocol) -> int:
    return protocol.test_days * DAY_MS
