"""Better parameters for LightGBM than the usual ones, judged on folds in order of time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from training.data.category_codes import encode, learn_codes
from training.data.training_set import CATEGORICAL, TrainingSet
from training.errors import TrainingDataError
from training.learn.search import Budget, SearchResult, Trial, search
from training.learn.train_model import PARAMETERS, predict, train_model
from training.measure.prequential import DAY_MS, Fold, Protocol, folds_until
from training.measure.ranking import Ranking

FOLDS = 3
TEST_DAYS = 7
# When a model is made, the labels of the last week have mostly not arrived.
DELAY_DAYS = 7
MIN_TRAIN_DAYS = 7
# Fold by fold, so that a trial takes seconds; the model itself learns from all.
MAX_TRAIN_ROWS = 200_000

SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(0.02, 0.2, log=True),
    "num_leaves": IntDistribution(15, 127, log=True),
    "min_child_samples": IntDistribution(20, 400, log=True),
    "feature_fraction": FloatDistribution(0.3, 1.0),
    "bagging_fraction": FloatDistribution(0.5, 1.0),
    "lambda_l2": FloatDistribution(0.01, 30.0, log=True),
    # Rates and ratios have many values close to each other; 255 bins may not part them.
    "max_bin": CategoricalDistribution((255, 1023)),
    "min_data_in_bin": CategoricalDistribution((1, 3)),
}


@dataclass(frozen=True)
class Found:
    """
    What the search ended with.

    :param parameters: all that LightGBM is given.
    :param folds: it was judged on.
    """

    parameters: dict[str, Any]
    result: SearchResult
    folds: tuple[Fold, ...]

    def to_json(self) -> dict[str, Any]:
        """For ``bundle.json``."""
        history = self.result.history
        finest = {
            str(bins): max(
                (
                    trial.score
                    for trial in history
                    if trial.is_complete and trial.parameters["max_bin"] == bins
                ),
                default=None,
            )
            for bins in (255, 1023)
        }
        return {
            "trials": len(history),
            "cut_short": sum(not trial.is_complete for trial in history),
            "folds": len(self.folds),
            "label_delay_days": DELAY_DAYS,
            "usual_score": history[0].score,
            "best_score": self.result.best.score,
            "best_score_by_max_bin": finest,
        }


OnTrial = Callable[[Trial, SearchResult], None]


def search_parameters(
    training_set: TrainingSet,
    end_ms: int,
    budget: Budget,
    seed: int,
    on_trial: OnTrial = lambda trial, so_far: None,
) -> Found:
    """
    Try parameters on weeks before the test part, the usual ones first.

    Each fold is as it would have been: labels that were not known when its test week began are not
    there to learn from.

    :param end_ms: just after the last payment that may be looked at, UTC epoch milliseconds.
    :param on_trial: told after each trial.
    :raises TrainingDataError: the history is too short for a fold.
    """
    folds = search_folds(training_set.from_ms, end_ms)
    prepared = [_Prepared(training_set, fold, seed) for fold in folds]

    def objective(parameters: Mapping[str, Any], number: int) -> float:
        return prepared[number].score(PARAMETERS | dict(parameters), seed)

    usual = {name: PARAMETERS[name] for name in SPACE}
    result = search(objective, len(folds), SPACE, budget, seed, [usual], on_trial)
    return Found(PARAMETERS | result.best.parameters, result, folds)


def search_folds(from_ms: int, end_ms: int) -> tuple[Fold, ...]:
    """
    The last weeks as test windows, each trained on as many days as the first one has.

    :raises TrainingDataError: not even one fold fits.
    """
    days = (end_ms - from_ms) // DAY_MS
    for count in range(FOLDS, 0, -1):
        train_days = days - count * TEST_DAYS - DELAY_DAYS
        if train_days >= MIN_TRAIN_DAYS:
            protocol = Protocol(int(train_days), DELAY_DAYS, TEST_DAYS)
            return folds_until(protocol, end_ms, count, from_ms)
    raise TrainingDataError(
        f"the payments before the test part span {days} days, a search needs "
        f"{MIN_TRAIN_DAYS + DELAY_DAYS + TEST_DAYS}",
        "simulate more days, or train without a search",
    )


class _Prepared:
    """One fold, encoded once and used for many trainings."""

    def __init__(self, training_set: TrainingSet, fold: Fold, seed: int) -> None:
        frame, names = training_set.frame, training_set.features
        event_ms = frame["event_ms"].to_numpy()
        train = fold.train.rows(event_ms)
        if len(train) > MAX_TRAIN_ROWS:
            rng = np.random.default_rng(seed)
            train = np.sort(rng.permutation(train)[:MAX_TRAIN_ROWS])
        test = fold.test.rows(event_ms)
        # NaN compares as unknown: no label has come.
        was_known = frame["labelled_ms"].to_numpy()[train] <= fold.test.from_ms
        self._label = frame["label"].to_numpy()[train] * was_known
        self._test_label = frame["label"].to_numpy()[test]
        codes = {
            name: learn_codes(frame[name].iloc[train], self._label)
            for name in CATEGORICAL
            if name in names
        }
        self._names = names
        self._features = encode(frame.iloc[train], names, codes)
        self._test_features = encode(frame.iloc[test], names, codes)

    def score(self, parameters: Mapping[str, Any], seed: int) -> float:
        booster = train_model(
            self._features,
            self._label,
            self._test_features,
            self._test_label,
            self._names,
            seed,
            parameters,
        )
        scores = predict(booster, self._test_features)
        # A week without fraud cannot tell one trial from another.
        return float(np.nan_to_num(Ranking(self._test_label, scores).average_precision()))
