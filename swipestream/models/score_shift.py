"""How the scores of two models on the same payments differ in their spread."""

from typing import Any

import numpy as np

from training.measure import stability

QUANTILES = (0.5, 0.9, 0.99, 0.999)
# Where fraud scores tell something: most payments are below the second.
EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 1.0)
BINS = 10

Array = np.ndarray[Any, Any]


def stability_index(champion: Array, challenger: Array) -> float:
    """
    Population stability index over the tenths of the champion's scores: 0 if both are spread alike.

    Customary reading: below 0.1 alike, above 0.25 another distribution, so that thresholds have to
    be chosen again.

    :param champion: scores, shape (n,), as `challenger`.
    """
    edges = np.unique(np.quantile(champion, np.linspace(0, 1, BINS + 1)[1:-1]))
    expected, actual = (
        np.bincount(np.searchsorted(edges, scores, side="left"), minlength=len(edges) + 1)
        / len(scores)
        for scores in (champion, challenger)
    )
    return stability.stability_index(expected, actual)


def quantiles(scores: Array) -> dict[str, float]:
    """Scores that so many payments are below, by their share as text."""
    return {f"{share:g}": float(np.quantile(scores, share)) for share in QUANTILES}


def histogram(scores: Array) -> list[float]:
    """Share of the payments between each two of `EDGES`, the last one included."""
    counts, _ = np.histogram(scores, bins=np.array(EDGES))
    return [float(count / len(scores)) for count in counts]
