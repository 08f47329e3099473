"""Pictures of a backtest: money by week, alerts by day, what other thresholds do, channels."""

import matplotlib.dates as dates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from training.backtest.figures import AllFigures, Day, Figures, Ranked
from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, new_stack
from training.measure.intervals import Interval

BAR = 0.38


def money_by_week(weeks: tuple[Figures, ...]) -> Figure:
    """What approving everything would have cost beside what the decisions cost, by week."""
    figure, axes = new_axes("week from", "thousands", height=3.8)
    places = np.arange(len(weeks))
    fraud = [week.fraud_cents / 100_000 for week in weeks]
    axes.bar(places - BAR / 2, fraud, BAR, color=GREY, label="fraud, approving everything")
    bottom = np.zeros(len(weeks))
    for name, color, text in (
        ("lost_cents", ORANGE, "fraud not stopped"),
        ("review_cents", BLUE, "reviews"),
        ("insult_cents", INK, "genuine customers annoyed"),
    ):
        height = np.array([getattr(week, name) / 100_000 for week in weeks])
        axes.bar(places + BAR / 2, height, BAR, bottom=bottom, color=color, label=text)
        bottom += height
    axes.set_xticks(places, [week.name[5:] for week in weeks], rotation=0 if len(weeks) < 9 else 60)
    axes.set_ylim(0, 1.35 * max([*fraud, *bottom, 0.01]))
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="upper left")
    axes.set_title("Money by week", loc="left", color=INK)
    return figure


def alerts_by_day(days: tuple[Day, ...], has_labels: bool) -> Figure:
    """Reviews and blocks of each day, and the frauds that happened."""
    figure, axes = new_axes("", "payments a day", height=3.2)
    at = np.array([day.day_ms for day in days], dtype="datetime64[ms]")
    reviews = np.array([day.reviews for day in days])
    blocks = np.array([day.blocks for day in days])
    axes.bar(at, reviews, 0.85, color=BLUE, label="reviewed")
    axes.bar(at, blocks, 0.85, bottom=reviews, color=ORANGE, label="blocked")
    if has_labels:
        frauds = [day.frauds for day in days]
        axes.plot(at, frauds, color=INK, linewidth=1.5, label="frauds")
    axes.xaxis_date()
    axes.xaxis.set_major_formatter(dates.DateFormatter("%m-%d"))  # type: ignore[no-untyped-call]
    axes.set_ylim(0, 1.2 * max(1, int((reviews + blocks).max())))
    axes.legend(frameon=False, fontsize=9, ncols=3, loc="upper left")
    axes.set_title("Alerts a day", loc="left", color=INK)
    return figure


def precision_recall(ranked: Ranked, total: Figures) -> Figure:
    """Precision against recall for any threshold, and where the policy is."""
    figure, axes = new_axes(
        "recall: share of fraud found", "precision: share of alerts being fraud", height=4.0
    )
    axes.plot(ranked.recall, ranked.precision, color=BLUE, linewidth=2)
    if total.alerts and total.frauds:
        place = total.found / total.frauds, total.found / total.alerts
        _mark(axes, place, "this policy")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.05)
    axes.set_title(
        f"Average precision {ranked.average_precision:.3f}, one threshold for all",
        loc="left",
        color=INK,
    )
    return figure


def other_thresholds(ranked: Ranked, total: Figures) -> Figure:
    """What the cheapest thresholds for each number of reviews a day would have done."""
    figure, (money, shares) = new_stack("reviews a day, at most", 2, height=2.5)
    limits = [point.reviews_a_day for point in ranked.curve]
    cost = [point.expected.cost_cents_a_day / 100 for point in ranked.curve]
    money.plot(limits, cost, color=BLUE, linewidth=2)
    nothing = total.fraud_cents / total.days / 100
    money.axhline(nothing, color=GREY, linestyle=":", linewidth=1)
    money.annotate(
        "approving everything",
        (limits[-1], nothing),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=9,
    )
    place = total.reviews / total.days, total.cost_cents / total.days / 100
    _mark(money, place, "this policy")
    money.set_ylim(0, 1.15 * max(nothing, place[1], *cost))
    money.set_ylabel("cost a day")
    money.set_title("The cheapest thresholds, chosen with hindsight", loc="left", color=INK)
    for name, color, text in (
        ("precision", BLUE, "alerts that are fraud"),
        ("recall", ORANGE, "frauds that are alerts"),
    ):
        values = [getattr(point.expected, name) for point in ranked.curve]
        shares.plot(limits, values, color=color, linewidth=2, label=text)
    _as_shares(shares)
    shares.legend(frameon=False, fontsize=9, loc="best")
    return figure


def by_channel(channels: tuple[Figures, ...]) -> Figure:
    """Precision and recall of each channel, with intervals."""
    figure, axes = new_axes("", "", height=2.8)
    places = np.arange(len(channels))
    for offset, name, color, text in (
        (-0.1, "precision", BLUE, "alerts that are fraud"),
        (0.1, "recall", ORANGE, "frauds that are alerts"),
    ):
        found = [getattr(channel.sure, name) for channel in channels]
        axes.errorbar(
            places + offset,
            [item.value for item in found],
            yerr=np.array([_reach(item) for item in found]).T,
            fmt="o",
            color=color,
            capsize=3,
            label=text,
        )
    axes.set_xticks(places, [channel.name for channel in channels])
    axes.set_xlim(-0.5, len(channels) - 0.5)
    _as_shares(axes)
    axes.legend(frameon=False, fontsize=9, loc="best")
    axes.set_title("By channel, with 95 % intervals", loc="left", color=INK)
    return figure


def pictures(figures: AllFigures) -> dict[str, Figure]:
    """Those that can be drawn, by name, with what each shows."""
    found = {}
    ranked = figures.ranked
    if ranked:
        found["money_by_week"] = money_by_week(figures.weeks)
    found["alerts_by_day"] = alerts_by_day(figures.days, has_labels=ranked is not None)
    if ranked:
        found["other_thresholds"] = other_thresholds(ranked, figures.total)
        found["precision_recall"] = precision_recall(ranked, figures.total)
        found["by_channel"] = by_channel(figures.channels)
    return found


def _mark(axes: Axes, place: tuple[float, float], text: str) -> None:
    axes.plot(*place, "o", color=ORANGE, zorder=3)
    axes.annotate(text, place, xytext=(8, 6), textcoords="offset points", color=INK, fontsize=9)


def _as_shares(axes: Axes) -> None:
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))


def _reach(found: Interval) -> tuple[float, float]:
    """How far an interval reaches below and above its value; 0 where it could not be measured."""
    ends = (found.value - found.low, found.high - found.value)
    return (max(0.0, np.nan_to_num(ends[0])), max(0.0, np.nan_to_num(ends[1])))
