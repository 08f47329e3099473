"""The ONNX copy: exact on every row, unknowns included, or it is not published."""

import pytest

pytest.importorskip("sklearn")

import lightgbm
import numpy as np
import onnxruntime

from training.errors import ExportError
from training.learn.export_onnx import check_parity, to_onnx, with_unknowns

NAMES = ("a", "b", "c")


def data(rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Column a is NaN now and then; b and c never, b has both signs, c only small whole numbers."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(rows, 3)).astype(np.float32)
    features[:, 2] = rng.integers(0, 5, rows)
    label = (features.sum(axis=1) + rng.normal(size=rows) > 4).astype(int)
    features[rng.random(rows) < 0.2, 0] = np.nan
    return features, label


def fit(features: np.ndarray, label: np.ndarray, **options: object) -> lightgbm.Booster:
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    return lightgbm.train(parameters | options, lightgbm.Dataset(features, label), 60)


def scored(booster: lightgbm.Booster, features: np.ndarray) -> np.ndarray:
    return np.asarray(booster.predict(features))


def run(model: bytes, features: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"features": features})[0][:, 1]


@pytest.fixture(scope="module")
def fitted() -> tuple[lightgbm.Booster, np.ndarray]:
    features, label = data()
    return fit(features, label), with_unknowns(features)


def test_the_copy_is_exact_with_nan_in_every_feature(
    fitted: tuple[lightgbm.Booster, np.ndarray],
) -> None:
    booster, rows = fitted
    kinds = {
        node.get("missing_type")
        for tree in booster.dump_model()["tree_info"]
        for node in _nodes(tree["tree_structure"])
    }
    assert {"NaN", "None"} <= kinds, "the data must reach both ways of sending NaN"
    assert np.isnan(rows).any(axis=0).all()
    assert check_parity(scored(booster, rows), run(to_onnx(booster, 3), rows), rows, NAMES) < 2e-7


def test_thresholds_between_neighbouring_floats_are_kept() -> None:
    # Between 1 and the next float32 there is a double, and rounded to float32 it is one of the two.
    low = np.float32(1)
    high = np.nextafter(low, np.float32(2))
    features = np.tile(np.array([[low], [high]], dtype=np.float32), (200, 1))
    label = np.tile([0, 1], 200)
    label[:40] = 0
    booster = fit(features, label, min_data_in_bin=1)
    scores = run(to_onnx(booster, 1), features[:2])
    assert scores[0] < 0.1 < scores[1]
    np.testing.assert_allclose(scores, booster.predict(features[:2]), atol=1e-7)


def test_a_planted_mismatch_is_caught_and_its_row_shown(
    fitted: tuple[lightgbm.Booster, np.ndarray],
) -> None:
    booster, rows = fitted
    scores = scored(booster, rows)
    actual = scores.astype(np.float32)
    actual[17] += 3e-6
    with pytest.raises(ExportError, match="scores row 17") as caught:
        check_parity(scores, actual, rows, NAMES)
    assert f"b={rows[17][1]:.9g}" in caught.value.hint


def test_a_score_that_is_nan_is_a_mismatch() -> None:
    rows = np.zeros((2, 3), dtype=np.float32)
    with pytest.raises(ExportError, match="scores row 1"):
        check_parity(np.array([0.5, 0.5]), np.array([0.5, np.nan]), rows, NAMES)


def test_a_model_of_other_trees_does_not_pass(
    fitted: tuple[lightgbm.Booster, np.ndarray],
) -> None:
    booster, rows = fitted
    other = lightgbm.Booster(model_str=booster.model_to_string(num_iteration=59))
    with pytest.raises(ExportError, match="scores row"):
        check_parity(scored(booster, rows), run(to_onnx(other, 3), rows), rows, NAMES)


def test_a_categorical_split_is_refused() -> None:
    features, label = data()
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    dataset = lightgbm.Dataset(features, label, categorical_feature=[2])
    booster = lightgbm.train(parameters, dataset, 30)
    with pytest.raises(ExportError, match="a split is =="):
        to_onnx(booster, 3)


def test_another_objective_is_refused() -> None:
    features, label = data()
    with pytest.raises(ExportError, match="the objective is 'regression'"):
        to_onnx(fit(features, label, objective="regression"), 3)


def _nodes(node: dict) -> list[dict]:
    if "leaf_value" in node:
        return []
    return [node, *_nodes(node["left_child"]), *_nodes(node["right_child"])]
