"""LightGBM, the same bytes every time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import lightgbm
import numpy as np

MAX_ROUNDS = 600
PATIENCE = 50
# Fixed, because sums of floats depend on how many threads share them. One, because LightGBM's
# threads wait for each other by spinning: on busy cores two took four times the CPU time of one.
THREADS = 1

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "metric": "average_precision",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_child_samples": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 255,
    "min_data_in_bin": 3,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}


def train_model(
    features: np.ndarray,
    label: np.ndarray,
    validation_features: np.ndarray,
    validation_label: np.ndarray,
    names: Sequence[str],
    seed: int,
    parameters: Mapping[str, Any] = PARAMETERS,
    on_round: Callable[[int, int, float], None] = lambda done, total, score: None,
) -> lightgbm.Booster:
    """
    Learn to tell fraud from other payments; stops when validation gets no better.

    Fraud is not weighted up: that raises the ROC AUC and lowers the average precision.

    :param features: float32, shape (n, len(names)); NaN for unknown.
    :param label: 1 for fraud, shape (n,).
    :param names: of the features in order.
    :param seed: of the samples that each tree sees.
    :param parameters: LightGBM's; all of `PARAMETERS`, some perhaps with other values.
    :param on_round: told after each tree: how many so far, at most how many, average precision.
    :return: holds only the trees up to the best round.
    """
    of_data = ("max_bin", "min_data_in_bin", "num_threads", "verbosity")
    dataset_options = {name: parameters[name] for name in of_data}
    train = lightgbm.Dataset(features, label, feature_name=list(names), params=dataset_options)
    validation = train.create_valid(validation_features, validation_label)

    def report(env: lightgbm.callback.CallbackEnv) -> None:
        assert env.evaluation_result_list is not None
        on_round(env.iteration + 1, MAX_ROUNDS, float(env.evaluation_result_list[0][2]))

    booster = lightgbm.train(
        dict(parameters) | {"seed": seed},
        train,
        num_boost_round=MAX_ROUNDS,
        valid_sets=[validation],
        valid_names=["validation"],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False), report],
    )
    # The text of the model keeps every tree; only those up to the best round are the model.
    return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=booster.best_iteration))


def predict(booster: lightgbm.Booster, features: np.ndarray) -> np.ndarray:
    """
    The log odds that the trees give, before calibration.

    :param features: float32, shape (n, f).
    :return: float64, shape (n,).
    """
    raw = booster.predict(features, num_threads=THREADS, raw_score=True)
    return np.asarray(raw, dtype=np.float64)
