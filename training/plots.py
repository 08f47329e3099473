"""Three pictures of a model: precision against recall, reliability, and what it looks at."""

import io
from collections.abc import Sequence

import lightgbm
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from sklearn.metrics import precision_recall_curve

from training.decision_thresholds import Thresholds

INK, BLUE, ORANGE, GREY = "#222222", "#2b6cb0", "#c05621", "#a0aec0"
RELIABILITY_BINS = 12
# Scores shown on the scale of log odds, and the marks on it.
SHOWN_ODDS = (5e-5, 0.997)
ODDS_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99)
matplotlib.rcParams.update(
    {
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "svg.hashsalt": "swipestream",
    }
)


def precision_recall_png(
    label: np.ndarray, scores: np.ndarray, thresholds: Thresholds, average_precision: float
) -> bytes:
    """
    Precision against recall on the test part, with the two thresholds marked.

    :param label: 1 for fraud, shape (n,).
    :param scores: in [0, 1], shape (n,).
    """
    figure, axes = _axes("recall: share of fraud found", "precision: share of alerts being fraud")
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
    return _png(figure)


def reliability_png(label: np.ndarray, scores: np.ndarray) -> bytes:
    """
    How often payments of a score really were fraud, in bins of equal width of the log odds.

    :param label: 1 for fraud, shape (n,).
    :param scores: in [0, 1], shape (n,).
    """
    figure, axes = _axes("mean score in the bin", "share that was fraud")
    odds = np.log(np.clip(scores, 1e-6, 1 - 1e-6) / (1 - np.clip(scores, 1e-6, 1 - 1e-6)))
    edges = np.linspace(odds.min(), odds.max() + 1e-9, RELIABILITY_BINS + 1)
    bins = np.digitize(odds, edges)
    points = [
        (scores[bins == number].mean(), label[bins == number].mean(), (bins == number).sum())
        for number in np.unique(bins)
    ]
    predicted, observed, counts = map(np.array, zip(*points, strict=True))
    axes.plot(SHOWN_ODDS, SHOWN_ODDS, color=GREY, linestyle=":", linewidth=1)
    # All fraud or none has no place on a scale of log odds.
    is_shown = (observed > 0) & (observed < 1)
    axes.plot(predicted[is_shown], observed[is_shown], "o-", color=BLUE, linewidth=2)
    for x, y, count in zip(predicted[is_shown], observed[is_shown], counts[is_shown], strict=True):
        axes.annotate(
            f"{count:,}", (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8, color=INK
        )
    axes.set_xscale("logit")
    axes.set_yscale("logit")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(ODDS_TICKS))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(SHOWN_ODDS)
    axes.set_ylim(SHOWN_ODDS)
    axes.set_title("Reliability on the test part (payments per bin)", loc="left", color=INK)
    return _png(figure)


def importance_png(booster: lightgbm.Booster, names: Sequence[str]) -> bytes:
    """
    How much each feature improved the trees that use it, as a share of the whole.

    :param names: of the features in order.
    """
    gain = booster.feature_importance(importance_type="gain").astype(np.float64)
    share = gain / max(1.0, gain.sum())
    order = np.argsort(share, kind="stable")
    figure, axes = _axes("share of the gain of all splits", "", height=7.0)
    axes.barh([names[index] for index in order], share[order], color=BLUE)
    axes.set_title("What the model looks at", loc="left", color=INK)
    return _png(figure)


def _axes(x_label: str, y_label: str, height: float = 4.5) -> tuple[Figure, matplotlib.axes.Axes]:
    # A Figure of its own needs no display and leaves no state behind.
    figure = Figure(figsize=(7.0, height), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": "swipestream"})
    return buffer.getvalue()
