"""A picture of the choice of thresholds: cost, precision and recall by reviews a day."""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_stack, to_png
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve, Expected
from training.decide.decision_thresholds import Thresholds

POINTS = 60


def reviews_png(curve: DecisionCurve, thresholds: Thresholds, costs: DecisionCosts) -> bytes:
    """
    What the cheapest thresholds for each number of reviews a day do to the test part.

    :param thresholds: those in the bundle, marked.
    :param costs: what decisions cost; their limit of reviews is what is varied.
    """
    figure, (money, shares) = new_stack("reviews a day, at most", 2)
    limits = curve.limits(costs, POINTS)
    tests, validations = [], []
    for limit in limits:
        pair = curve.choose(replace(costs, reviews_per_day=limit))
        tests.append(curve.expected(pair, costs, curve.test))
        validations.append(curve.expected(pair, costs, curve.validation))
    nothing = curve.test.all_fraud_cents / curve.test.days
    money.plot(limits, thousands(tests), color=BLUE, linewidth=2, label="test part, later")
    money.plot(
        limits,
        thousands(validations),
        color=GREY,
        linewidth=1.5,
        label="validation part, where the thresholds are chosen",
    )
    money.axhline(nothing / 100_000, color=GREY, linestyle=":", linewidth=1)
    money.annotate(
        "test part, approving everything",
        (limits[-1], nothing / 100_000),
        xytext=(0, -12),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=9,
    )
    chosen = curve.expected(thresholds, costs, curve.test)
    money.plot(chosen.reviews_a_day, chosen.cost_cents_a_day / 100_000, "o", color=INK)
    money.annotate(
        f"this bundle's: {chosen.reviews_a_day:,.0f}",
        (chosen.reviews_a_day, chosen.cost_cents_a_day / 100_000),
        xytext=(6, 6),
        textcoords="offset points",
        color=INK,
    )
    money.set_ylim(0, None)
    money.set_ylabel("cost a day, in thousands")
    money.legend(frameon=False, loc="lower left", fontsize=9)
    money.set_title("Each number of reviews with its cheapest thresholds", loc="left", color=INK)
    as_shares(shares, limits, tests)
    return to_png(figure)


def as_shares(axes: Axes, limits: list[float], found: list[Expected]) -> None:
    """Draw precision and recall."""
    for name, color, text in (
        ("precision", BLUE, "alerts that are fraud"),
        ("recall", ORANGE, "frauds that are alerts"),
    ):
        values = [getattr(item, name) for item in found]
        axes.plot(limits, values, color=color, linewidth=2, label=text)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axes.set_ylabel("test part")
    axes.legend(frameon=False, loc="best", fontsize=9)


def thousands(found: list[Expected]) -> np.ndarray:
    """Cost a day in thousands of the currency, shape (n,)."""
    return np.array([item.cost_cents_a_day for item in found]) / 100_000
