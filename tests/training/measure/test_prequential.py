"""Folds never overlap, never look ahead, and leave out cards whose fraud is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingDataError
from training.measure.prequential import (
    DAY_MS,
    Fold,
    Protocol,
    Window,
    folds_until,
    validation_folds,
    without_known_cards,
)

DAYS = st.integers(1, 40)
PROTOCOLS = st.builds(Protocol, train_days=DAYS, delay_days=DAYS, test_days=DAYS)
LONG_AGO = -10_000 * DAY_MS


@given(PROTOCOLS, st.integers(1, 8))
def test_labels_are_known_when_the_model_is_made(protocol: Protocol, count: int) -> None:
    folds = folds_until(protocol, 0, count, LONG_AGO)
    assert len(folds) == count
    for fold in folds:
        assert fold.train.to_ms + protocol.delay_days * DAY_MS <= fold.test.from_ms
        assert fold.train.to_ms - fold.train.from_ms == protocol.train_days * DAY_MS
    for earlier, later in pairwise(folds):
        assert earlier.test.to_ms == later.test.from_ms
    assert folds[-1].test.to_ms == 0


@given(PROTOCOLS, st.integers(1, 8), st.integers(1, 8))
def test_validation_is_over_and_known_before_the_first_test(
    protocol: Protocol, count: int, validations: int
) -> None:
    folds = folds_until(protocol, 0, count, LONG_AGO)
    for fold in validation_folds(protocol, folds, validations, LONG_AGO):
        assert fold.test.to_ms + protocol.delay_days * DAY_MS <= folds[0].test.from_ms


def test_the_books_weeks() -> None:
    # Learn 11 to 17 July, labels until 24 July, test 25 to 31 July.
    (fold,) = folds_until(Protocol(7, 7, 7), 31 * DAY_MS, 1, 0)
    assert fold == Fold(Window(10 * DAY_MS, 17 * DAY_MS), Window(24 * DAY_MS, 31 * DAY_MS))


def test_too_short_a_history_is_said() -> None:
    with pytest.raises(TrainingDataError, match="has 27 days, 2 folds need 28"):
        folds_until(Protocol(7, 7, 7), 28 * DAY_MS, 2, DAY_MS)


def test_a_window_takes_its_begin_and_not_its_end() -> None:
    assert Window(10, 20).rows(np.array([9, 10, 10, 19, 20])).tolist() == [1, 2, 3]


def kept(since_ms: int = 0) -> list[int]:
    hour = DAY_MS // 24
    event_ms = np.array([0, 1, 8 * DAY_MS + 5 * hour, 9 * DAY_MS, 9 * DAY_MS, 9 * DAY_MS])
    card = np.array(["x", "y", "x", "x", "y", "z"])
    label = np.array([1, 0, 0, 1, 0, 0])
    # The fraud on x is known in the morning of day 8, the one of day 9 much later.
    known_ms = event_ms + 8 * DAY_MS + 2 * hour
    rows = np.array([2, 3, 4, 5])
    return without_known_cards(rows, event_ms, card, label, known_ms, since_ms).tolist()


def test_a_card_is_out_from_midnight_after_its_fraud_is_known() -> None:
    assert kept() == [2, 4, 5]


def test_frauds_before_the_window_do_not_count() -> None:
    assert kept(since_ms=1) == [2, 3, 4, 5]
