"""The scorer: exact scores, text by the dictionary, unknown as NaN, a self-test that can fail."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.udfs.float64_vectors import float64_vectors
from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle, tiny_onnx, tiny_score
from udfs.bundle_errors import (
    BundleDamagedError,
    BundleMismatchError,
    FeatureMismatchError,
    SelfTestError,
)
from udfs.model_bundle import read_bundle, write_bundle
from udfs.onnx_scorer import OnnxScorer


def columns(*rows: tuple[object, object, object]) -> list[pd.Series]:
    return [pd.Series(list(values), dtype=object) for values in zip(*rows, strict=True)]


@pytest.fixture
def scorer(tmp_path: Path) -> OnnxScorer:
    return OnnxScorer.load(tmp_path / publish_tiny_bundle(tmp_path), TINY_FEATURES)


def test_scores_are_the_models(scorer: OnnxScorer) -> None:
    rows = [(500, "pos"), (10_000, "online"), (10_001, "online"), (None, "atm"), (None, None)]
    found = scorer.score(scorer.encode(columns(*((a, None, c) for a, c in rows))))
    assert found == pytest.approx([tiny_score(*row) for row in rows], abs=1e-7)


@pytest.mark.parametrize("count", [0, 1, 39, 40, 41, 80, 1001])
def test_every_row_of_a_batch_of_any_size_gets_its_own_score(
    scorer: OnnxScorer, count: int
) -> None:
    amounts = np.where(np.arange(count) % 3 == 0, 900_000.0, 500.0)
    features = np.column_stack([amounts, amounts, np.full(count, -1)]).astype(np.float32)
    found = scorer.score(features)
    assert found.shape == (count,)
    assert found == pytest.approx([tiny_score(amount, "pos") for amount in amounts], abs=1e-7)


def test_known_unknown_and_missing_text(scorer: OnnxScorer) -> None:
    texts = ["pos", "atm", "carrier pigeon", None, float("nan"), pd.NA]
    encoded = scorer.encode(columns(*((1, 1, text) for text in texts)))[:, 2]
    np.testing.assert_array_equal(encoded, [-1, 2, 0, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    "amounts",
    [
        pd.Series([5, 7], dtype="int64"),
        pd.Series([5, 7], dtype="int32"),
        pd.Series([5.0, 7.0], dtype="float32"),
        pd.Series([5.0, 7.0], dtype=object),
        pd.Series([5, 7], dtype="Int64"),
    ],
)
def test_numbers_of_any_type(scorer: OnnxScorer, amounts: pd.Series) -> None:
    other = pd.Series([1.0, 2.0])
    encoded = scorer.encode([amounts, other, pd.Series(["pos", "pos"])])
    assert encoded.dtype == np.float32
    assert encoded[:, 0].tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    "amounts",
    [
        pd.Series([5.0, np.nan]),
        pd.Series([5, None], dtype=object),
        pd.Series([5, None], dtype="Int64"),
        pd.Series([5, None], dtype="Float64"),
    ],
)
def test_null_is_nan_whatever_carries_it(scorer: OnnxScorer, amounts: pd.Series) -> None:
    encoded = scorer.encode([amounts, amounts, pd.Series(["pos", "pos"])])
    np.testing.assert_array_equal(encoded[:, 0], np.array([5, np.nan], dtype=np.float32))


def test_a_wrong_number_of_columns_is_said(scorer: OnnxScorer) -> None:
    with pytest.raises(FeatureMismatchError, match="2 columns for the 3 features"):
        scorer.encode([pd.Series([1]), pd.Series([1])])
    with pytest.raises(FeatureMismatchError, match=r"shape \(4, 2\) for the 3 features"):
        scorer.score(np.zeros((4, 2), dtype=np.float32))


def test_vectors_are_encoded_as_columns_are(scorer: OnnxScorer) -> None:
    rows = [(500, 1.25, "pos"), (16_777_217, None, "zoo"), (None, -0.1, None)]
    amounts, distances, channels = zip(*rows, strict=True)
    found = scorer.encode_vectors(
        float64_vectors(amounts, distances), [pd.Series(channels, dtype=object)]
    )
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, scorer.encode(columns(*rows)))


@pytest.mark.parametrize(
    ("numbers", "texts", "fact"),
    [(1, 1, "1 numbers and 1 texts"), (2, 0, "2 numbers and 0 texts"), (1, 2, "1 numbers and 2")],
)
def test_vectors_of_other_features_are_refused(
    scorer: OnnxScorer, numbers: int, texts: int, fact: str
) -> None:
    with pytest.raises(FeatureMismatchError, match=fact):
        scorer.encode_vectors(float64_vectors(*[[1.0]] * numbers), [pd.Series(["pos"])] * texts)


def test_another_feature_list_is_refused(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    with pytest.raises(BundleMismatchError, match="feature 1"):
        OnnxScorer.load(tmp_path / version, ("km_from_home", "amount_cents", "channel"))


def test_a_model_that_scores_otherwise_than_promised_is_refused(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path, wrong_by=2e-6)
    with pytest.raises(SelfTestError, match=r"fails its self-test: row \d is off by 2e-06"):
        OnnxScorer.load(tmp_path / version)


def test_a_self_test_that_gives_nan_is_refused(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path, shift=0.0)
    scorer = OnnxScorer.load(tmp_path / version)
    scorer.score = lambda features: np.full(len(features), np.nan)  # type: ignore[method-assign]
    with pytest.raises(SelfTestError):
        scorer.self_test()


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        (b"", "cannot be run"),
        (b"not a model", "cannot be run"),
        (tiny_onnx(TINY_FEATURES)[:200], "cannot be run"),
        (tiny_onnx(("amount_cents", "channel")), "takes 2 features, bundle.json lists 3"),
    ],
)
def test_a_file_that_is_no_fitting_model_is_refused(
    tmp_path: Path, model: bytes, fact: str
) -> None:
    whole = read_bundle(tmp_path / publish_tiny_bundle(tmp_path)).manifest
    kept = ("features", "categories", "unknown_code", "thresholds", "self_test")
    manifest = {name: whole[name] for name in kept}
    folder = write_bundle(tmp_path, manifest, {"model.onnx": model}, "2030-01-02T00:00:00Z")
    with pytest.raises(BundleDamagedError, match=fact):
        OnnxScorer.load(folder)


def test_knows_no_flink_and_imports_no_runtime_before_it_is_needed() -> None:
    code = (
        "import sys, udfs.onnx_scorer, udfs.model_watcher, udfs.payment_scoring;"
        "heavy = [n for n in ('pyflink', 'onnxruntime', 'onnx', 'lightgbm') if n in sys.modules];"
        "assert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_rows_are_encoded_as_columns_are(scorer: OnnxScorer) -> None:
    rows = [(500, 1.5, "pos"), (None, None, None), (2**40 + 1, -0.1, "zoo"), (0, 0.0, "online")]
    np.testing.assert_array_equal(scorer.encode_rows(rows), scorer.encode(columns(*rows)))


def test_a_row_of_another_length_is_said(scorer: OnnxScorer) -> None:
    with pytest.raises(FeatureMismatchError, match="2 values for the 3 features"):
        scorer.encode_rows([(1, 2)])
