"""The models: the two baselines of the book, and LightGBM."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.handbook.array_types import Floats, Labels, Matrix

FOREST_TREES = 100

# Scores in [0, 1], shape (n,), from features, shape (n, f).
Scorer = Callable[[Matrix], Floats]
# A model made from features (n, f) and labels (n,), with a seed for its random draws.
Learner = Callable[[Matrix, Labels, int], Scorer]

# LightGBM's parameters that are not searched. One thread: several models are trained at once, and
# sums do not depend on the order of threads.
FIXED: dict[str, Any] = {
    "objective": "binary",
    # Rates and ratios need fine bins; the usual 255 bins of at least 3 rows are too coarse.
    "max_bin": 1023,
    "min_data_in_bin": 1,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
# They did well on other data of the same kind; the search starts from them.
START: dict[str, Any] = {
    "trees": 150,
    "learning_rate": 0.03,
    "num_leaves": 31,
    "min_child_samples": 50,
    "feature_fraction": 0.4,
    "bagging_fraction": 1.0,
    "lambda_l2": 1.0,
}


def logistic_regression(regularisation: float) -> Learner:
    """:param regularisation: C, the inverse strength: smaller is stronger."""

    def learn(features: Matrix, label: Labels, seed: int) -> Scorer:
        model = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=regularisation, max_iter=1000, random_state=seed),
        )
        model.fit(features, label)
        return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])

    return learn


def random_forest(depth: int | None, trees: int = FOREST_TREES) -> Learner:
    """
    :param depth: of its trees at most; None: until their leaves are pure.
    """

    def learn(features: Matrix, label: Labels, seed: int) -> Scorer:
        model = RandomForestClassifier(trees, max_depth=depth, random_state=seed, n_jobs=1)
        model.fit(features, label)
        return lambda rows: np.asarray(model.predict_proba(rows)[:, 1])

    return learn


def gradient_boosting(parameters: Mapping[str, Any], seeds: int = 1) -> Learner:
    """
    LightGBM.

    :param parameters: as `START`; others than ``trees`` are LightGBM's own.
    :param seeds: so many models that differ by their seed, whose scores are averaged.
    """

    def learn(features: Matrix, label: Labels, seed: int) -> Scorer:
        boosters = boost(parameters, features, label, range(seed, seed + seeds))
        return lambda rows: np.mean([_predict(booster, rows) for booster in boosters], axis=0)

    return learn


def boost(
    parameters: Mapping[str, Any], features: Matrix, label: Labels, seeds: Iterable[int]
) -> list[lightgbm.Booster]:
    """
    LightGBM's models themselves, one for each seed.

    :param parameters: as `START`; others than ``trees`` are LightGBM's own.
    :param features: float32, shape (n, f); NaN for unknown.
    :param label: 1 for fraud, shape (n,).
    """
    options = {**FIXED, **parameters}
    trees = options.pop("trees")
    data = lightgbm.Dataset(features, label, params=options)
    return [lightgbm.train(options | {"seed": seed}, data, trees) for seed in seeds]


def _predict(booster: lightgbm.Booster, rows: Matrix) -> Floats:
    return np.asarray(booster.predict(rows, num_threads=1))
