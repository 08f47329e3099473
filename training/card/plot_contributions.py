"""A picture of which features moved which scores, payment by payment."""

from collections.abc import Sequence

import lightgbm
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, to_png
from training.learn.train_model import THREADS

SHOWN_FEATURES = 16
# Dots of one feature are spread over this height, so that many of them look like many.
SPREAD = 0.36
BINS = 80
LOW_TO_HIGH = LinearSegmentedColormap.from_list("low_to_high", (BLUE, "#f2e8d8", ORANGE))


def contributions_png(
    booster: lightgbm.Booster, features: np.ndarray, names: Sequence[str], seed: int
) -> bytes:
    """
    Each dot is a payment: how far a feature moved its log odds; the color is the feature's value.

    :param features: of the payments shown, float32, shape (n, len(names)); NaN for unknown.

    Source: TreeSHAP: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9
    """
    raw = booster.predict(features, pred_contrib=True, num_threads=THREADS)
    moved = np.asarray(raw, dtype=np.float64)[:, :-1]
    strongest = np.argsort(-np.abs(moved).mean(axis=0), kind="stable")[:SHOWN_FEATURES]
    figure, axes = new_axes("how far it moves the log odds of fraud", "", height=7.0)
    rng = np.random.default_rng(seed)
    for row, feature in enumerate(strongest[::-1]):
        x, values = moved[:, feature], features[:, feature]
        y = row + _spread(x, rng)
        unknown = np.isnan(values)
        axes.scatter(x[unknown], y[unknown], s=6, color=GREY, alpha=0.6, linewidths=0)
        known = np.flatnonzero(~unknown)
        axes.scatter(
            x[known],
            y[known],
            s=6,
            c=_rank(values[known]),
            cmap=LOW_TO_HIGH,
            vmin=0,
            vmax=1,
            alpha=0.8,
            linewidths=0,
        )
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_yticks(range(len(strongest)), [names[feature] for feature in strongest[::-1]])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(strongest) - 0.3)
    axes.set_title("What moves single scores (grey: unknown)", loc="left", color=INK)
    bar = figure.colorbar(
        axes.collections[-1], ax=axes, ticks=(0, 1), fraction=0.03, pad=0.01, aspect=40
    )
    bar.ax.set_yticklabels(["low", "high"])
    bar.outline.set_visible(False)
    return to_png(figure)


def _rank(values: np.ndarray) -> np.ndarray:
    """Place among the others, from 0 to 1: colors are for most, not for one huge amount."""
    if not len(values):
        return values
    different = np.unique(values)
    return np.searchsorted(different, values) / max(1, len(different) - 1)


def _spread(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up and down by how many payments are at the same place."""
    edges = np.linspace(x.min(), x.max() + 1e-9, BINS)
    place = np.digitize(x, edges)
    crowd = np.bincount(place)[place]
    offsets: np.ndarray = rng.uniform(-SPREAD, SPREAD, len(x)) * np.sqrt(crowd / crowd.max())
    return offsets
