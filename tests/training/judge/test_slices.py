"""Parts and groups, on cases small enough to work out by hand."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd

from training.decide.decision_thresholds import Thresholds
from training.judge.slices import groups, slices
from training.measure.prequential import DAY_MS

THRESHOLDS = Thresholds(review=0.5, block=0.9)
START = 1_890_000_000_000 // DAY_MS * DAY_MS


def payments(**columns: Any) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    defaults = {
        "event_ms": START + np.arange(count),
        "amount_cents_paid": 100,
        "channel": "pos",
        "card_id": [f"card{number}" for number in range(count)],
        "segment": None,
    }
    return pd.DataFrame(defaults | columns)


def test_each_payment_is_in_one_part_of_a_kind() -> None:
    frame = payments(
        label=[1, 0, 0, 1, 0],
        event_ms=START + np.array([0, 1, DAY_MS, DAY_MS + 1, 3 * DAY_MS]),
        amount_cents_paid=[999, 1000, 4999, 100_000, 5_000_000],
        channel=["pos", "online", "pos", None, "atm"],
    )
    found = slices(frame, np.array([0.6, 0.6, 0.1, 0.2, 0.95]), THRESHOLDS)
    assert [part["payments"] for part in found["day"].values()] == [2, 2, 1]
    assert next(iter(found["day"])) == "2029-11-22"
    assert {name: part["payments"] for name, part in found["amount"].items()} == {
        "0 to 10": 1,
        "10 to 50": 2,
        "1000 and more": 2,
    }
    assert found["channel"]["pos"] == {
        "payments": 2,
        "frauds": 1,
        "average_precision": None,
        "recall": 1.0,
        "false_positive_rate": 0.0,
    }
    assert found["channel"]["online"]["false_positive_rate"] == 1.0
    assert found["channel"]["unknown"]["recall"] == 0.0


def test_groups_show_who_is_annoyed() -> None:
    rng = np.random.default_rng(3)
    segment = np.repeat(["student", "worker"], 2000)
    scores = np.where(rng.random(4000) < np.repeat([0.10, 0.02], 2000), 0.7, 0.1)
    frame = payments(label=np.zeros(4000, dtype=int), segment=segment)
    found = groups(frame, scores, THRESHOLDS, seed=1)
    assert found["student"]["false_positive_rate"] == pytest.approx(0.10, abs=0.02)
    low, high = found["student"]["false_positive_rate_interval"].values()
    assert found["worker"]["false_positive_rate_interval"]["high"] < low < 0.10 < high
    assert found["worker"]["blocked_rate"] == 0
    assert found["worker"]["recall"] is None


def test_payments_of_one_card_are_not_taken_for_many_customers() -> None:
    # Forty cards with fifty payments each that are all flagged or all not.
    card = np.repeat(np.arange(40), 50).astype(str)
    scores = np.where(np.repeat(np.arange(40), 50) % 10 == 0, 0.7, 0.1)
    label = np.zeros(2000, dtype=int)
    apart = groups(payments(label=label, segment="worker"), scores, THRESHOLDS, seed=1)
    together = groups(payments(label=label, segment="worker", card_id=card), scores, THRESHOLDS, 1)
    width = [
        np.diff(list(found["worker"]["false_positive_rate_interval"].values()))
        for found in (apart, together)
    ]
    assert width[1] > 4 * width[0]


def test_without_segments_there_are_no_groups() -> None:
    assert groups(payments(label=[0, 1]), np.array([0.1, 0.9]), THRESHOLDS, seed=1) == {}
