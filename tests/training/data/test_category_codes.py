"""Text as numbers: ordered by risk, average in the middle, the scorer and training agree."""

from pathlib import Path

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd

from tests.udfs.tiny_bundle import publish_tiny_bundle
from training.data.category_codes import UNKNOWN_CODE, encode, learn_codes
from udfs.onnx_scorer import OnnxScorer


def test_codes_follow_the_fraud_rate_around_zero() -> None:
    values = pd.Series(["safe"] * 4000 + ["bad"] * 2000 + ["worse"] * 2000)
    label = np.concatenate([np.zeros(4000), np.arange(2000) % 10 == 0, np.arange(2000) % 5 == 0])
    assert learn_codes(values, label) == {"safe": -1, "bad": 1, "worse": 2}


def test_a_rare_category_is_not_taken_at_its_word() -> None:
    values = pd.Series(["common"] * 5000 + ["bad"] * 1000 + ["rare"])
    label = np.concatenate([np.zeros(5000), np.arange(1000) % 4 == 0, [1]])
    codes = learn_codes(values, label)
    assert codes["common"] < UNKNOWN_CODE < codes["rare"] < codes["bad"]


def test_unknown_is_average_and_missing_is_nan() -> None:
    frame = pd.DataFrame({"amount": [1.0, 2.0, 3.0], "channel": ["pos", "pigeon", None]})
    found = encode(frame, ("amount", "channel"), {"channel": {"pos": -1}})
    np.testing.assert_array_equal(
        found, np.array([[1, -1], [2, UNKNOWN_CODE], [3, np.nan]], np.float32)
    )


def test_training_and_the_scorer_encode_alike(tmp_path: Path) -> None:
    scorer = OnnxScorer.load(tmp_path / publish_tiny_bundle(tmp_path))
    frame = pd.DataFrame(
        {
            "amount_cents": [1.0, np.nan, 3e7, 4.5],
            "km_from_home": [np.nan, 2.0, 3.0, 4.0],
            "channel": ["pos", "atm", "pigeon", None],
        }
    )
    names = scorer.feature_names
    codes = {"channel": {"pos": -1, "online": 1, "atm": 2}}
    np.testing.assert_array_equal(
        encode(frame, names, codes), scorer.encode([frame[name] for name in names])
    )
