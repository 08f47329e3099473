"""Kinds of arrays, by what their numbers are."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
# 1 for fraud, or the number of its scenario.
Labels = NDArray[np.int8]
# Features: a row per payment, a column per feature.
Matrix = NDArray[np.float32]
