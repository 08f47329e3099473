"""How values are spread: each is in one bin, equal ones in the same."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn")

from training.card.feature_facts import feature_bins


def spread(values: Sequence[object]) -> dict[str, Any]:
    return feature_bins(pd.DataFrame({"x": pd.Series(values)}), ["x"])["x"]


def test_numbers_are_parted_into_tenths() -> None:
    found = spread([float(number) for number in range(1, 101)])
    assert found["edges"] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert found["shares"] == pytest.approx([0.1] * 10)


def test_a_value_that_is_most_of_them_has_one_bin() -> None:
    found = spread([0.0] * 95 + [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found["edges"] == [0]
    assert found["shares"] == pytest.approx([0.95, 0.05])


def test_unknown_is_apart_and_all_add_up_to_one() -> None:
    found = spread([None, None, 1.0, 2.0])
    assert found["unknown"] == pytest.approx(0.5)
    assert sum(found["shares"]) == pytest.approx(0.5)


def test_text_is_counted_by_value() -> None:
    assert spread(["pos", "atm", "pos", None]) == {
        "unknown": 0.25,
        "shares": {"atm": 0.25, "pos": 0.5},
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([np.nan, np.nan], {"unknown": 1.0, "edges": [], "shares": [0.0]}),
        ([3.0, 3.0], {"unknown": 0.0, "edges": [], "shares": [1.0]}),
    ],
)
def test_without_different_values_there_is_one_bin(
    values: list[float], found: dict[str, object]
) -> None:
    assert spread(values) == found
