"""The split: past, gap, later, gap, latest, and enough fraud in each."""

import pytest

pytest.importorskip("sklearn")

import numpy as np

from training.data.time_split import GAP_DAYS, split_by_time
from training.errors import TooFewLabelsError, TrainingDataError
from training.measure.prequential import DAY_MS

START = 1_890_000_000_000
DAYS = 40


def payments(days: int = DAYS) -> np.ndarray:
    return START + np.arange(days * 100) * (DAY_MS // 100)


def test_parts_follow_each_other_with_gaps() -> None:
    times = payments()
    split = split_by_time(times, np.ones(len(times)), START, START + DAYS * DAY_MS)
    for earlier, later in ((split.train, split.validation), (split.validation, split.test)):
        gap = times[later[0]] - times[earlier[-1]]
        assert gap >= GAP_DAYS * DAY_MS
    shares = [len(part) / len(times) for part in (split.train, split.validation, split.test)]
    assert shares == pytest.approx([0.665, 0.1425, 0.1425], abs=0.01)


@pytest.mark.parametrize(("first_fraud", "part"), [(0, "validation"), (35, "train")])
def test_too_little_fraud_in_a_part_is_said(first_fraud: int, part: str) -> None:
    times = payments()
    day = (times - START) // DAY_MS
    label = ((day >= first_fraud) & (day < first_fraud + 5)).astype(int)
    with pytest.raises(TooFewLabelsError, match=f"the {part} part has 0 known frauds"):
        split_by_time(times, label, START, START + DAYS * DAY_MS)


def test_a_window_too_short_for_three_parts_is_said() -> None:
    times = payments(4)
    with pytest.raises(TrainingDataError, match="span 4 days, training needs 5"):
        split_by_time(times, np.ones(len(times)), START, START + 4 * DAY_MS)
