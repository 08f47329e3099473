"""What the trees made of a payment adds up to its score, feature by feature."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from swipestream.reasons.explainer import Explainer, UnexplainableError
from swipestream.reasons.trees import TreesError
from tests.reasons.tiny_trees import COUNTS, publish_explained, tiny_lightgbm
from tests.udfs.tiny_bundle import TREES, publish_tiny_bundle, tiny_score
from udfs.bundle_errors import BundleDamagedError
from udfs.calibration import NO_CALIBRATION, Calibration
from udfs.model_bundle import LIGHTGBM_MODEL
from udfs.onnx_scorer import OnnxScorer

PAYMENTS: tuple[dict[str, Any], ...] = (
    {"amount_cents": 500, "km_from_home": 3.5, "channel": "pos"},
    {"amount_cents": 900_000, "km_from_home": None, "channel": "online"},
    {"amount_cents": None, "km_from_home": 1.0, "channel": None},
    {"amount_cents": 20_000, "km_from_home": 1.0, "channel": "a new one"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / publish_explained(tmp_path, shift=0.5)


def test_contributions_add_up_to_the_score(folder: Path) -> None:
    explainer = Explainer.load(folder)
    contributions = explainer.contributions(explainer.encode(PAYMENTS))
    found = explainer.scores(contributions.sum(axis=1))
    expected = [tiny_score(p["amount_cents"], p["channel"], 0.5) for p in PAYMENTS]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_what_is_explained_is_what_was_scored(folder: Path) -> None:
    explainer, scorer = Explainer.load(folder), OnnxScorer.load(folder)
    frame = pd.DataFrame(PAYMENTS)
    features = scorer.encode([frame[name] for name in scorer.feature_names])
    np.testing.assert_array_equal(explainer.encode(PAYMENTS), features)
    sums = explainer.contributions(features).sum(axis=1)
    np.testing.assert_allclose(explainer.scores(sums), scorer.score(features), atol=1e-6)


def test_a_feature_without_a_split_adds_nothing(folder: Path) -> None:
    explainer = Explainer.load(folder)
    (row,) = explainer.contributions(explainer.encode(PAYMENTS[1:2]))
    # Of a tree with one split: its leaf, less what the tree gives on average.
    (_, _, low, high), (left, right) = TREES[0], COUNTS[0]
    mean = (left * low + right * high) / (left + right)
    assert row[0] == pytest.approx(high - mean)
    assert row[1] == 0


def test_a_changed_feature_moves_its_own_contribution_only(folder: Path) -> None:
    explainer = Explainer.load(folder)
    before, after = explainer.contributions(
        explainer.encode([PAYMENTS[0], {**PAYMENTS[0], "channel": "atm"}])
    )
    assert (before[:2] == after[:2]).all() and before[2] != after[2] and before[3] == after[3]


def test_calibration_is_applied(tmp_path: Path) -> None:
    bent = Calibration("isotonic", 0.3, 1.2, (-1.0, 0.5), (0.4, -0.2))
    version = publish_tiny_bundle(
        tmp_path, more={"calibration": bent.to_json()}, beside={LIGHTGBM_MODEL: tiny_lightgbm()}
    )
    explainer = Explainer.load(tmp_path / version)
    sums = explainer.contributions(explainer.encode(PAYMENTS)).sum(axis=1)
    np.testing.assert_array_equal(explainer.scores(sums), bent.probabilities(sums))
    assert (explainer.scores(sums) != 1 / (1 + np.exp(-sums))).all()


def test_a_bundle_without_its_trees_cannot_explain(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    with pytest.raises(UnexplainableError, match=r"has no model\.lgb\.txt: its alerts have no"):
        Explainer.load(tmp_path / version)


@pytest.mark.parametrize("content", [b"", b"tree\nnonsense\n", b"\xff\xfe"])
def test_a_file_that_is_not_a_model_is_said(tmp_path: Path, content: bytes) -> None:
    version = publish_tiny_bundle(
        tmp_path, more={"calibration": {}}, beside={LIGHTGBM_MODEL: content}
    )
    with pytest.raises(UnexplainableError, match=r"model\.lgb\.txt cannot be used"):
        Explainer.load(tmp_path / version)


def test_changed_trees_are_refused(folder: Path) -> None:
    path = folder / LIGHTGBM_MODEL
    path.write_bytes(path.read_bytes().replace(b"leaf_value=-2.5", b"leaf_value=-9.5"))
    with pytest.raises(BundleDamagedError, match="its hash differs"):
        Explainer.load(folder)


def test_no_payments_have_no_contributions(folder: Path) -> None:
    explainer = Explainer.load(folder)
    assert explainer.contributions(explainer.encode([])).shape == (0, 4)


def test_the_c_library_gives_what_the_python_package_gives(folder: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    booster = lightgbm.Booster(model_file=str(folder / LIGHTGBM_MODEL))
    explainer = Explainer.load(folder)
    features = explainer.encode(PAYMENTS)
    expected = booster.predict(features, pred_contrib=True)
    np.testing.assert_array_equal(explainer.contributions(features), expected)


def test_trees_of_other_features_are_refused(tmp_path: Path) -> None:
    trees = tiny_lightgbm(("amount_cents", "channel"))
    version = publish_tiny_bundle(
        tmp_path, more={"calibration": NO_CALIBRATION.to_json()}, beside={LIGHTGBM_MODEL: trees}
    )
    with pytest.raises(UnexplainableError, match="it takes 2 features"):
        Explainer.load(tmp_path / version)


def test_features_of_another_shape_are_refused(folder: Path) -> None:
    with pytest.raises(TreesError, match=r"features of shape \(1, 2\) for 3 features"):
        Explainer.load(folder).contributions(np.zeros((1, 2), dtype=np.float32))
