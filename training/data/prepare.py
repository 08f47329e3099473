"""From a training set to the model's input, parted by time and checked."""

from dataclasses import dataclass

import numpy as np

from training.data.category_codes import Codes, encode, learn_codes
from training.data.feature_checks import check_no_leak, constant_features
from training.data.time_split import TimeSplit, split_by_time
from training.data.training_set import CATEGORICAL, TrainingSet


@dataclass(frozen=True)
class Prepared:
    """
    What models learn from and are measured on.

    :param codes: per categorical feature, the number of each text; learned from the training part.
    :param features: of all payments, float32, shape (n, f); NaN for unknown.
    :param label: 1 for fraud, shape (n,).
    :param alone: what each feature reaches alone: average precision by name.
    :param warnings: one line for each thing that somebody should look at.
    """

    training_set: TrainingSet
    split: TimeSplit
    codes: dict[str, Codes]
    features: np.ndarray
    label: np.ndarray
    alone: dict[str, float]
    warnings: list[str]


def prepare(training_set: TrainingSet, seed: int) -> Prepared:
    """
    Split by time, encode, and look for features that cannot be right.

    :raises TrainingError: the history or the labels are too few, or a feature is a leak.
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
    alone = check_no_leak(features[split.train], label[split.train], names, seed)
    constant = constant_features(features[split.train], names)
    warnings = training_set.labels.warnings()
    warnings += [f"{name} has one value only: no tree can use it" for name in constant]
    return Prepared(training_set, split, codes, features, label, alone, warnings)
