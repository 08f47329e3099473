"""Split by time: learn from the past, choose on what followed, measure on what came last."""

from dataclasses import dataclass

import numpy as np

from training.errors import TooFewLabelsError, TrainingDataError
from training.measure.prequential import DAY_MS

# Between two parts, so that a fraud in progress does not lie on both sides.
GAP_DAYS = 1
# A day for each part, and the gaps.
LEAST_DAYS = 3 + 2 * GAP_DAYS
VALIDATION_SHARE = 0.15
TEST_SHARE = 0.15
MIN_FRAUDS = {"train": 50, "validation": 10, "test": 10}


@dataclass(frozen=True)
class TimeSplit:
    """
    Row numbers of each part, in order of time.

    :param windows: per part the first payment's and just after the last one's epoch milliseconds.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    windows: dict[str, tuple[int, int]]


def split_by_time(event_ms: np.ndarray, label: np.ndarray, from_ms: int, to_ms: int) -> TimeSplit:
    """
    Part the payments of ``from_ms`` to ``to_ms`` into train, validation and test, with gaps.

    :param event_ms: UTC epoch milliseconds, ascending, shape (n,).
    :param label: 1 for fraud, shape (n,).
    :raises TrainingDataError: the window is too short for three parts.
    :raises TooFewLabelsError: a part has too few frauds.
    """
    gap = GAP_DAYS * DAY_MS
    usable = to_ms - from_ms - 2 * gap
    if to_ms - from_ms < LEAST_DAYS * DAY_MS:
        raise TrainingDataError(
            f"the payments with known labels span {(to_ms - from_ms) / DAY_MS:.0f} days, "
            f"training needs {LEAST_DAYS}",
            "take more days; of a simulated world: `swipestream simulate world --days 90`",
        )
    test_from = to_ms - int(usable * TEST_SHARE)
    validation_from = test_from - gap - int(usable * VALIDATION_SHARE)
    windows = {
        "train": (from_ms, validation_from - gap),
        "validation": (validation_from, test_from - gap),
        "test": (test_from, to_ms),
    }
    rows = {
        name: np.flatnonzero((event_ms >= start) & (event_ms < end))
        for name, (start, end) in windows.items()
    }
    for name, needed in MIN_FRAUDS.items():
        found = int(label[rows[name]].sum())
        if found < needed:
            raise TooFewLabelsError(
                f"the {name} part has {found} known frauds among {len(rows[name])} payments, "
                f"training needs {needed}",
                "take more days or more customers; of a simulated world: "
                "`swipestream simulate world --help`",
            )
    return TimeSplit(rows["train"], rows["validation"], rows["test"], windows)
