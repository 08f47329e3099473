"""From a training set to a model with its calibration and thresholds, each from its own part."""

from dataclasses import dataclass

import lightgbm
import numpy as np

from training.calibration import NO_CALIBRATION, Choice, choose_calibration
from training.category_codes import Codes, encode, learn_codes
from training.decision_costs import DecisionCosts
from training.decision_thresholds import Thresholds, choose_thresholds
from training.feature_checks import check_no_leak, constant_features
from training.parameter_search import Found, search_parameters
from training.prequential import DAY_MS
from training.progress import Progress
from training.search import Budget, SearchResult, Trial
from training.time_split import TimeSplit, split_by_time
from training.train_model import PARAMETERS, predict, train_model
from training.training_set import CATEGORICAL, TrainingSet


@dataclass(frozen=True)
class Fitted:
    """
    A model and what it was made with.

    :param codes: per categorical feature, the number of each text.
    :param features: the whole training set as the model's input, float32, shape (n, f).
    :param alone: what each feature reaches alone: average precision by name.
    :param warnings: one line for each thing that somebody should look at.
    :param found: what the search for parameters ended with; None without one.
    """

    split: TimeSplit
    codes: dict[str, Codes]
    features: np.ndarray
    booster: lightgbm.Booster
    calibration: Choice
    thresholds: Thresholds
    alone: dict[str, float]
    warnings: list[str]
    found: Found | None

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """
        Calibrated probabilities.

        :param rows: row numbers of the training set, or features, float32, shape (m, f).
        :return: float64 in [0, 1].
        """
        features = rows if rows.ndim == 2 else self.features[rows]
        return self.calibration.calibration.probabilities(predict(self.booster, features))

    def uncalibrated(self, rows: np.ndarray) -> np.ndarray:
        """
        What the trees alone give.

        :param rows: row numbers of the training set.
        :return: float64 in [0, 1].
        """
        return NO_CALIBRATION.probabilities(predict(self.booster, self.features[rows]))


def fit(
    training_set: TrainingSet,
    seed: int,
    costs: DecisionCosts,
    budget: Budget | None,
    progress: Progress,
) -> Fitted:
    """
    Split by time, check the features, learn, calibrate and choose thresholds.

    :param seed: of every random choice.
    :param costs: what decisions cost.
    :param budget: for a search for parameters; None: the usual ones.
    :raises TrainingError: the history, the labels or a feature do not allow it.
    """
    frame, names = training_set.frame, training_set.features
    label = frame["label"].to_numpy()
    split = split_by_time(
        frame["event_ms"].to_numpy(), label, training_set.from_ms, training_set.to_ms
    )
    codes: dict[str, Codes] = {
        name: learn_codes(frame[name].iloc[split.train], label[split.train])
        for name in CATEGORICAL
        if name in names
    }
    features = encode(frame, names, codes)
    with progress.step("checks of features"):
        alone = check_no_leak(features[split.train], label[split.train], names, seed)
        constant = constant_features(features[split.train], names)
    warnings = training_set.labels.warnings()
    warnings += [f"{name} has one value only: no tree can use it" for name in constant]
    for text in warnings:
        progress.warn(text)
    found = _search(training_set, split, budget, seed, progress) if budget else None
    with progress.counted("trees") as on_step:
        booster = train_model(
            features[split.train],
            label[split.train],
            features[split.validation],
            label[split.validation],
            names,
            seed,
            found.parameters if found else PARAMETERS,
            lambda done, total, score: on_step(
                done, total, f"{done} trees, average precision {score:.3f} on validation"
            ),
        )
    with progress.step("calibration and thresholds"):
        # The trees stop when validation gets no better, which can be at once.
        raw = predict(booster, features[split.validation])
        calibration = choose_calibration(raw, label[split.validation])
        thresholds = choose_thresholds(
            calibration.calibration.probabilities(raw),
            label[split.validation],
            frame["amount_cents_paid"].to_numpy()[split.validation],
            costs,
            _days(split, "validation"),
        )
    return Fitted(split, codes, features, booster, calibration, thresholds, alone, warnings, found)


def _search(
    training_set: TrainingSet, split: TimeSplit, budget: Budget, seed: int, progress: Progress
) -> Found:
    with progress.counted("search for parameters") as on_step:

        def on_trial(trial: Trial, so_far: SearchResult) -> None:
            done = len(so_far.history)
            first, best = so_far.history[0].score, so_far.best.score
            note = f"{done} trials, average precision {best:.3f}, at first {first:.3f}"
            on_step(done, max(done, budget.trials if budget.seconds is None else 0), note)

        return search_parameters(
            training_set, split.windows["validation"][1], budget, seed, on_trial
        )


def _days(split: TimeSplit, part: str) -> float:
    start, end = split.windows[part]
    return (end - start) / DAY_MS
