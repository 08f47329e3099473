"""Numbers for text features: ordered by risk, so that the trees split them like any number."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

# How many average payments a category is mixed with: a rare one is not taken at its word.
SMOOTHING = 200
UNKNOWN_CODE = 0

Codes = dict[str, int]


def learn_codes(values: pd.Series, label: np.ndarray) -> Codes:
    """
    Number categories by their smoothed fraud rate.

    Safer than average is negative, riskier positive, and the further from 0 the more so. 0 is free
    for texts that were never seen: they count as average.

    :param values: text per training row; missing values get no code.
    :param label: 1 for fraud, shape (n,).
    """
    base = float(label.mean())
    groups = pd.DataFrame({"value": values.to_numpy(), "label": label}).groupby("value")["label"]
    totals = groups.agg(["sum", "count"])
    rates = (totals["sum"] + SMOOTHING * base) / (totals["count"] + SMOOTHING)
    ranked = sorted((float(rate), str(value)) for value, rate in rates.items())
    safer = [value for rate, value in ranked if rate < base]
    riskier = [value for rate, value in ranked if rate >= base]
    codes = {value: index - len(safer) for index, value in enumerate(safer)}
    return codes | {value: index for index, value in enumerate(riskier, start=1)}


def encode(
    frame: pd.DataFrame, features: tuple[str, ...], codes: Mapping[str, Codes]
) -> np.ndarray:
    """
    The model's input.

    :param frame: has every feature as a column; text where ``codes`` has a dictionary.
    :return: float32, shape (n, len(features)); NaN for unknown.
    """
    matrix = np.empty((len(frame), len(features)), dtype=np.float32)
    for position, name in enumerate(features):
        column = frame[name]
        if name in codes:
            known = column.map(codes[name]).astype(np.float32)
            column = known.where(known.notna() | column.isna(), UNKNOWN_CODE)
        matrix[:, position] = column.to_numpy()
    return matrix
