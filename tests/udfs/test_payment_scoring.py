"""Batches: every row gets an answer, and a failure is text in the rows, never an exception."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.udfs.float64_vectors import float64_vectors
from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle, tiny_score
from udfs.onnx_scorer import OnnxScorer
from udfs.payment_scoring import PaymentScoring, short_text

FEATURES = ",".join(TINY_FEATURES)


def batch(count: int = 3) -> list["pd.Series[Any]"]:
    return [float64_vectors([500] * count, [1.5] * count), pd.Series(["pos"] * count)]


def test_scores_come_with_their_version(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    found = PaymentScoring(str(tmp_path), FEATURES).answer(*batch())
    assert type(found) is pd.DataFrame
    assert list(found.columns) == [
        "score",
        "model_version",
        "error",
        "challenger_score",
        "challenger_version",
    ]
    assert found["score"].dtype == np.float64
    assert found["score"].tolist() == pytest.approx([tiny_score(500, "pos")] * 3, abs=1e-7)
    assert found["model_version"].tolist() == [version] * 3
    assert found["error"].tolist() == [None] * 3
    assert found["challenger_score"].isna().all()
    assert found["challenger_version"].tolist() == [None] * 3


@pytest.mark.parametrize(
    ("models_dir", "features", "error"),
    [
        ("", FEATURES, "job parameter swipestream.model_dir is not set"),
        ("/nowhere", "", "job parameter swipestream.features is not set"),
        ("/nowhere", FEATURES, "no champion model in /nowhere"),
    ],
)
def test_without_a_model_every_row_says_why(models_dir: str, features: str, error: str) -> None:
    found = PaymentScoring(models_dir, features).answer(*batch())
    assert found["score"].isna().all()
    assert found["model_version"].tolist() == [None] * 3
    assert found["error"].tolist() == [error] * 3


def test_a_failing_batch_says_why_and_the_next_one_is_scored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish_tiny_bundle(tmp_path)
    scoring = PaymentScoring(str(tmp_path), FEATURES)
    bad = [float64_vectors([500, 600]), pd.Series(["pos", "pos"])]
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            found = scoring.answer(*bad)
    assert found["score"].isna().all()
    assert found["error"][0].startswith("FeatureMismatchError: 1 numbers and 1 texts")
    assert [record.levelname for record in caplog.records if "scored" in record.message] == [
        "ERROR"
    ]
    assert scoring.answer(*batch())["error"].tolist() == [None] * 3


def test_an_exception_anywhere_becomes_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny_bundle(tmp_path)

    def fail(self: OnnxScorer, features: np.ndarray) -> np.ndarray:
        raise MemoryError("no room\x00\nat all " + "x" * 500)

    scoring = PaymentScoring(str(tmp_path), FEATURES)
    scoring.answer(*batch())
    monkeypatch.setattr(OnnxScorer, "score", fail)
    error = scoring.answer(*batch())["error"][0]
    assert error.startswith("MemoryError: no room at all xxx")
    assert len(error) == 200


def test_a_text_for_postgres_has_no_control_characters() -> None:
    assert short_text("a\x00b\r\n c\x1b[0m") == "ab c[0m"
