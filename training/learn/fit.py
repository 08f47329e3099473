"""From prepared payments to a model with its calibration and thresholds, each from its own part."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import lightgbm
import numpy as np

from training.data.prepare import Prepared
from training.data.time_split import TimeSplit
from training.decide.calibration import NO_CALIBRATION, Choice, choose_calibration
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve
from training.decide.decision_thresholds import Thresholds
from training.learn.train_model import PARAMETERS, predict, train_model
from training.measure.prequential import DAY_MS
from training.progress import Progress

if TYPE_CHECKING:
    from training.learn.parameter_search import Found
    from training.learn.search import Budget, SearchResult, Trial


@dataclass(frozen=True)
class Fitted:
    """
    A model and what it was made with.

    :param curve: what the thresholds were chosen from, with what they do to the test part.
    :param test_log_odds: what the trees alone give for the test part, shape (n,).
    :param found: what the search for parameters ended with; None without one.
    """

    prepared: Prepared
    booster: lightgbm.Booster
    calibration: Choice
    thresholds: Thresholds
    curve: DecisionCurve
    test_log_odds: np.ndarray
    found: "Found | None"

    @property
    def test(self) -> np.ndarray:
        """Row numbers of the test part."""
        return self.prepared.split.test

    def scores(self, features: np.ndarray) -> np.ndarray:
        """
        Calibrated probabilities.

        :param features: float32, shape (n, f); NaN for unknown.
        :return: float64 in [0, 1], shape (n,).
        """
        return self.calibration.calibration.probabilities(predict(self.booster, features))

    @cached_property
    def test_scores(self) -> np.ndarray:
        """Calibrated probabilities of the test part."""
        return self.calibration.calibration.probabilities(self.test_log_odds)

    @cached_property
    def uncalibrated_test_scores(self) -> np.ndarray:
        """What the trees alone give for the test part."""
        return NO_CALIBRATION.probabilities(self.test_log_odds)


def fit(
    prepared: Prepared, seed: int, costs: DecisionCosts, budget: "Budget | None", progress: Progress
) -> Fitted:
    """
    Learn, calibrate and choose thresholds.

    :param seed: of every random choice.
    :param costs: what decisions cost.
    :param budget: for a search for parameters; None: the usual ones.
    :raises TrainingError: the history is too short for a search.
    """
    split, label, features = prepared.split, prepared.label, prepared.features
    found = _search(prepared, budget, seed, progress) if budget else None
    with progress.counted("trees") as on_step:
        booster = train_model(
            features[split.train],
            label[split.train],
            features[split.validation],
            label[split.validation],
            prepared.training_set.features,
            seed,
            found.parameters if found else PARAMETERS,
            lambda done, total, score: on_step(
                done, total, f"{done} trees, average precision {score:.3f} on validation"
            ),
        )
    with progress.step("calibration and thresholds"):
        raw = predict(booster, features[split.validation])
        calibration = choose_calibration(raw, label[split.validation])
        test_log_odds = predict(booster, features[split.test])
        curve = DecisionCurve.of(
            _part(prepared, "validation", calibration, raw),
            _part(prepared, "test", calibration, test_log_odds),
        )
        thresholds = curve.choose(costs)
    return Fitted(prepared, booster, calibration, thresholds, curve, test_log_odds, found)


def _part(
    prepared: Prepared, name: str, calibration: Choice, log_odds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    rows: np.ndarray = getattr(prepared.split, name)
    return (
        calibration.calibration.probabilities(log_odds),
        prepared.label[rows],
        prepared.training_set.frame["amount_cents_paid"].to_numpy()[rows],
        _days(prepared.split, name),
    )


def _search(prepared: Prepared, budget: "Budget", seed: int, progress: Progress) -> "Found":
    # Optuna takes a second to import, and most runs do without it.
    from training.learn.parameter_search import search_parameters

    with progress.counted("search for parameters") as on_step:

        def on_trial(trial: "Trial", so_far: "SearchResult") -> None:
            done = len(so_far.history)
            first, best = so_far.history[0].score, so_far.best.score
            note = f"{done} trials, average precision {best:.3f}, at first {first:.3f}"
            on_step(done, max(done, budget.trials if budget.seconds is None else 0), note)

        return search_parameters(
            prepared.training_set, prepared.split.windows["validation"][1], budget, seed, on_trial
        )


def _days(split: TimeSplit, part: str) -> float:
    start, end = split.windows[part]
    return (end - start) / DAY_MS
