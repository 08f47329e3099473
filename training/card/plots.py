"""Pictures of a model: precision against recall, reliability, and what it looks at."""

from collections.abc import Sequence

import lightgbm
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from sklearn.metrics import precision_recall_curve

from training.card.feature_facts import importance
from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, to_png
from training.decide.calibration import Choice
from training.decide.decision_thresholds import Thresholds

RELIABILITY_BINS = 12
# With fewer frauds the share in a bin is chance.
MIN_FRAUDS_SHOWN = 3
# Scores shown on the scale of log odds, and the marks on it.
SHOWN_ODDS = (5e-5, 0.998)
ODDS_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


def precision_recall_png(
    label: np.ndarray, scores: np.ndarray, thresholds: Thresholds, average_precision: float
) -> bytes:
    """
    Precision against recall on the test part, with the two thresholds marked.

    :param label: 1 for fraud, shape (n,).
    :param scores: in [0, 1], shape (n,).
    """
    figure, axes = new_axes(
        "recall: share of fraud found", "precision: share of alerts being fraud"
    )
    precision, recall, cuts = precision_recall_curve(label, scores)
    axes.plot(recall, precision, color=BLUE, linewidth=2)
    axes.axhline(float(label.mean()), color=GREY, linestyle=":", linewidth=1)
    for name, threshold in (("review", thresholds.review), ("block", thresholds.block)):
        index = min(int(np.searchsorted(cuts, threshold)), len(cuts) - 1)
        axes.plot(recall[index], precision[index], "o", color=ORANGE)
        axes.annotate(
            f"{name} from {threshold:.3f}",
            (recall[index], precision[index]),
            xytext=(8, 6),
            textcoords="offset points",
            color=INK,
        )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_title(f"Average precision {average_precision:.3f}", loc="left", color=INK)
    return to_png(figure)


def reliability_png(
    label: np.ndarray, before: np.ndarray, after: np.ndarray, choice: Choice
) -> bytes:
    """
    How often payments of a score really were fraud, before and after calibration.

    :param label: 1 for fraud, shape (n,).
    :param before: the trees' scores in [0, 1], shape (n,).
    :param after: the calibrated ones, of the same payments.
    """
    figure, axes = new_axes("mean score in the bin", "share that was fraud")
    axes.plot(SHOWN_ODDS, SHOWN_ODDS, color=GREY, linestyle=":", linewidth=1)
    method = choice.calibration.method
    if method != "none":
        _reliability(axes, label, before, GREY, "the trees alone")
    _reliability(axes, label, after, BLUE, "the model" if method == "none" else f"after {method}")
    axes.set_xscale("logit")
    axes.set_yscale("logit")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(ODDS_TICKS))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(SHOWN_ODDS)
    axes.set_ylim(SHOWN_ODDS)
    axes.legend(frameon=False, loc="upper left")
    axes.set_title("Reliability on the test part, with 95 % intervals", loc="left", color=INK)
    return to_png(figure)


def _reliability(axes: Axes, label: np.ndarray, scores: np.ndarray, colour: str, name: str) -> None:
    """In bins of equal width of the log odds; bins of few payments of a kind are left out."""
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))
    edges = np.linspace(odds.min(), odds.max() + 1e-9, RELIABILITY_BINS + 1)
    bins = np.digitize(odds, edges)
    predicted, observed, low, high = [], [], [], []
    for number in np.unique(bins):
        inside = bins == number
        count, frauds = int(inside.sum()), int(label[inside].sum())
        if min(frauds, count - frauds) < MIN_FRAUDS_SHOWN:
            continue
        share = frauds / count
        bottom, top = _wilson(share, count)
        predicted.append(float(scores[inside].mean()))
        observed.append(share)
        low.append(share - bottom)
        high.append(top - share)
    axes.errorbar(
        predicted,
        observed,
        yerr=(low, high),
        fmt="o-",
        color=colour,
        linewidth=2,
        markersize=5,
        elinewidth=1,
        label=name,
    )


def _wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share: Wilson 1927, doi:10.1080/01621459.1927.10502953."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    half /= 1 + z * z / count
    return float(middle - half), float(middle + half)


def importance_png(booster: lightgbm.Booster, names: Sequence[str]) -> bytes:
    """
    How much each feature improved the trees that use it, as a share of the whole.

    :param names: of the features in order.
    """
    share = importance(booster)
    order = np.argsort(share, kind="stable")
    figure, axes = new_axes("share of the gain of all splits", "", height=7.0)
    axes.barh([names[index] for index in order], share[order], color=BLUE)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_title("What the model looks at", loc="left", color=INK)
    return to_png(figure)
