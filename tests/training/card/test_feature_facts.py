"""How values are spread: each is in one bin, equal ones in the same."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn")

from training.card.feature_facts import feature_bins, score_bins, shares_in, usual_drift
from training.measure.prequential import DAY_MS


def spread(values: Sequence[object]) -> dict[str, Any]:
    return feature_bins(pd.DataFrame({"x": pd.Series(values)}), ["x"])["x"]


def test_numbers_are_parted_into_tenths() -> None:
    found = spread([float(number) for number in range(1, 101)])
    assert found["edges"] == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert found["shares"] == pytest.approx([0.1] * 10)


def test_a_value_that_is_most_of_them_has_one_bin() -> None:
    found = spread([0.0] * 950 + [float(number) for number in range(1, 51)])
    assert found["edges"] == [0]
    assert found["shares"] == pytest.approx([0.95, 0.05])


def test_a_rare_value_of_few_has_a_bin_too() -> None:
    found = spread([1.0] * 97 + [0.0] * 3)
    assert found["edges"] == [0]
    assert found["shares"] == pytest.approx([0.03, 0.97])


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


def test_a_payment_is_in_the_bin_that_training_put_it_in() -> None:
    values = pd.Series([float(number) for number in range(1, 101)])
    bins = feature_bins(pd.DataFrame({"x": values}), ["x"])["x"]
    assert shares_in(bins, values).tolist() == pytest.approx([0.0, *bins["shares"], 0.0])
    found = shares_in(bins, pd.Series([None, 10.0, 10.5, 500.0]))
    assert found.tolist() == pytest.approx([0.25, 0.25, 0.25, *[0.0] * 7, 0.25, 0.0])


def test_text_that_training_never_saw_is_apart() -> None:
    bins = spread(["pos", "atm", "pos", None])
    found = shares_in(bins, pd.Series(["pos", "zoo", None, "zoo"]))
    assert found.tolist() == [0.25, 0.0, 0.25, 0.5]


def test_an_edge_between_scores_bears_a_rounding() -> None:
    scores = np.repeat([0.1, 0.2, 0.3, 0.7], [500, 300, 150, 50])
    bins = score_bins(scores)
    nudged = pd.Series(scores.astype(np.float32).astype(np.float64))
    assert shares_in(bins, nudged).tolist() == pytest.approx([0.0, *bins["shares"], 0.0])


def test_what_is_usual_is_the_day_that_is_furthest_away() -> None:
    rng = np.random.default_rng(1)
    trained = pd.DataFrame({"x": rng.normal(size=5000), "y": rng.normal(size=5000)})
    bins = feature_bins(trained, ["x", "y"])
    day = np.repeat(np.arange(4), 1000)
    later = pd.DataFrame({"event_ms": day * DAY_MS + 5, "x": rng.normal(size=4000), "y": 0.0})
    later["y"] = rng.normal(size=4000) + (day == 2)
    found = usual_drift(bins, later)
    assert found["x"] is not None and found["x"] < 0.03
    assert found["y"] is not None and found["y"] > 0.5
    # Days of a few payments say nothing.
    assert usual_drift(bins, later.iloc[::10]) == {"x": None, "y": None}
