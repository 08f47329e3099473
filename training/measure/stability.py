"""How far a spread has moved, in one number."""

from typing import Any

import numpy as np

# A bin that one of the two leaves empty would make the index infinite. The view feature_drift has
# the same number.
SMALLEST_SHARE = 1e-4

Array = np.ndarray[Any, Any]


def stability_index(expected: Array, actual: Array) -> float:
    """
    Population stability index: 0 if both are spread alike.

    Customary reading: below 0.1 alike, above 0.25 another distribution.

    :param expected: share of each bin, in [0, 1], shape (bins,).
    :param actual: of the same bins.

    Source: Siddiqi 2006, Credit Risk Scorecards, "system stability"
    """
    was, now = (np.maximum(shares, SMALLEST_SHARE) for shares in (expected, actual))
    return float(np.sum((now - was) * np.log(now / was)))
