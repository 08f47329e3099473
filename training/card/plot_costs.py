"""A picture of money: what decisions cost at each review threshold, and what it is made of."""

import numpy as np
from matplotlib.ticker import FuncFormatter

from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, to_png
from training.decide.decision_costs import DecisionCosts, decide
from training.decide.decision_thresholds import Thresholds

POINTS = 120
LOWEST_SCORE = 1e-4


def costs_png(
    label: np.ndarray,
    scores: np.ndarray,
    amount_cents: np.ndarray,
    thresholds: Thresholds,
    costs: DecisionCosts,
    days: float,
) -> bytes:
    """
    Cost on the test part by review threshold, blocking as chosen.

    :param label: 1 for fraud, shape (n,).
    :param scores: calibrated, in [0, 1], shape (n,).
    :param amount_cents: shape (n,).
    :param days: that the payments span.
    """
    figure, axes = new_axes("review from this score on", "cost in thousands")
    top = max(thresholds.block, LOWEST_SCORE * 10)
    points = np.geomspace(LOWEST_SCORE, top, POINTS)
    fraud = label == 1
    total, lost = [], []
    for point in points:
        cost = costs.of(decide(scores, point, thresholds.block), label, amount_cents)
        total.append(cost.sum() / 100_000)
        lost.append(cost[fraud].sum() / 100_000)
    nothing = float(amount_cents[fraud].sum()) / 100_000
    busy = _lowest_within(costs.looks(len(scores), days), scores, thresholds.block)
    if busy > LOWEST_SCORE:
        axes.axvspan(LOWEST_SCORE, busy, color=GREY, alpha=0.15, linewidth=0)
        axes.annotate(
            "more looks than\nanalysts can do",
            (busy, 0.55),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            color=INK,
            fontsize=9,
        )
    axes.fill_between(points, lost, color=ORANGE, alpha=0.15, linewidth=0)
    axes.plot(
        points, lost, color=ORANGE, linewidth=1.5, label="fraud not stopped, and looks at fraud"
    )
    axes.plot(
        points, total, color=BLUE, linewidth=2, label="the same, and genuine customers annoyed"
    )
    axes.axhline(nothing, color=GREY, linestyle=":", linewidth=1)
    axes.annotate(
        "approve everything",
        (points[-1], nothing),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=9,
    )
    chosen = costs.of(decide(scores, thresholds.review, thresholds.block), label, amount_cents)
    axes.plot(thresholds.review, chosen.sum() / 100_000, "o", color=INK)
    axes.annotate(
        f"chosen: {thresholds.review:.3f}",
        (thresholds.review, chosen.sum() / 100_000),
        xytext=(6, -14),
        textcoords="offset points",
        color=INK,
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(0, 1.4 * max(nothing, min(total)))
    axes.legend(frameon=False, loc="upper right", fontsize=9)
    axes.set_title(
        f"What decisions cost on the test part, blocking from {thresholds.block:.3f}",
        loc="left",
        color=INK,
    )
    return to_png(figure)


def _lowest_within(looks: float, scores: np.ndarray, block: float) -> float:
    """The review threshold at which there are as many looks as there can be; 0 if all can."""
    waiting = np.sort(scores[scores < block])[::-1]
    return float(waiting[int(looks)]) if looks < len(waiting) else 0.0
