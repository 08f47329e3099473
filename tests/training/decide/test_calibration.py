"""Calibration: it corrects wrong probabilities, keeps the ranking, and is part of the ONNX file."""

from collections.abc import Callable

import pytest

pytest.importorskip("sklearn")

import lightgbm
import numpy as np
import onnxruntime

from training.decide.calibration import (
    MIN_FRAUDS,
    choose_calibration,
    isotonic,
    log_loss,
    platt,
)
from training.learn.export_onnx import check_parity, to_onnx, with_unknowns
from udfs.calibration import NO_CALIBRATION, Calibration


def drawn(bend: bool, rows: int = 40_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log odds as a model gives them, labels, and the probabilities that they were drawn with."""
    rng = np.random.default_rng(5)
    true = rng.normal(-3, 2, rows)
    told = np.where(true < -1, true, -1 + 4 * (true + 1)) if bend else 1.7 * true + 1
    probabilities = 1 / (1 + np.exp(-true))
    return told, (rng.random(rows) < probabilities).astype(np.int8), probabilities


def test_a_straight_error_is_mended_by_a_straight_line() -> None:
    log_odds, label, true = drawn(bend=False)
    choice = choose_calibration(log_odds, label)
    assert choice.log_loss["platt"] < choice.log_loss["none"]
    assert np.abs(choice.calibration.probabilities(log_odds) - true).mean() < 0.01


def test_a_bent_error_needs_bends() -> None:
    log_odds, label, true = drawn(bend=True)
    choice = choose_calibration(log_odds, label)
    assert choice.calibration.method == "isotonic"
    assert choice.log_loss["isotonic"] < choice.log_loss["platt"] < choice.log_loss["none"]
    assert np.abs(choice.calibration.probabilities(log_odds) - true).mean() < 0.01


def test_good_probabilities_stay_as_good() -> None:
    _, label, true = drawn(bend=False)
    log_odds = np.log(true / (1 - true))
    calibrated = choose_calibration(log_odds, label).calibration.probabilities(log_odds)
    assert log_loss(calibrated, label) == pytest.approx(log_loss(true, label), rel=0.01)


@pytest.mark.parametrize("fit", [platt, isotonic])
def test_the_ranking_stays(fit: Callable[..., Calibration]) -> None:
    log_odds, label, _ = drawn(bend=True)
    calibrated = fit(log_odds, label).probabilities(np.linspace(-12, 12, 5001))
    assert (np.diff(calibrated) > 0).all()


def test_equal_scores_stay_equal_and_many_of_them_do_no_harm() -> None:
    log_odds = np.repeat([-5.0, -2.0, 0.0, 3.0], 1000)
    label = (np.arange(4000) % 1000 < np.repeat([30, 100, 400, 900], 1000)).astype(np.int8)
    found = isotonic(log_odds, label)
    assert found
    calibrated = found.probabilities(np.array([-5.0, -2.0, 0.0, 3.0]))
    np.testing.assert_allclose(calibrated, [0.03, 0.1, 0.4, 0.9], rtol=1e-9)


def test_too_few_frauds_and_useless_scores_are_left_alone() -> None:
    label = np.zeros(4000, dtype=np.int8)
    label[: MIN_FRAUDS // 2] = label[-MIN_FRAUDS // 2 :] = 1
    log_odds = np.random.default_rng(1).normal(size=4000)
    assert choose_calibration(log_odds, label).calibration == NO_CALIBRATION
    assert platt(-label.astype(float), label) is None


@pytest.mark.parametrize(
    "calibration",
    [
        NO_CALIBRATION,
        Calibration("platt", -0.7, 1.3),
        Calibration("isotonic", 0.2, 0.8, (-3.0, -1.0, 2.5), (0.5, -0.9, 0.4)),
    ],
    ids=lambda calibration: calibration.method,
)
def test_onnx_calibrates_alike(calibration: Calibration) -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(3000, 3)).astype(np.float32)
    label = (features.sum(axis=1) + rng.normal(size=3000) > 3).astype(int)
    features[rng.random(3000) < 0.2, 0] = np.nan
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(features, label), 60)
    rows = with_unknowns(features)
    session = onnxruntime.InferenceSession(
        to_onnx(booster, 3, calibration), providers=["CPUExecutionProvider"]
    )
    both = session.run(["probabilities"], {"features": rows})[0]
    expected = calibration.probabilities(np.asarray(booster.predict(rows, raw_score=True)))
    assert check_parity(expected, both[:, 1], rows, ("a", "b", "c")) < 3e-7
    np.testing.assert_allclose(both.sum(axis=1), 1, atol=1e-6)
    if calibration == NO_CALIBRATION:
        np.testing.assert_allclose(expected, booster.predict(rows), atol=1e-12)
