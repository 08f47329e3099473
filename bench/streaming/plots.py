"""The pictures of the benchmark: python -m bench.streaming.plots RESULTS FOLDER

Runs in the training environment, which has what draws.
"""

import sys
from pathlib import Path
from statistics import median

from matplotlib.axes import Axes

from bench.streaming.plan import NAMES, OURS
from bench.streaming.results import Latency, Results
from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, new_panels, to_png

GROUPS = (("own", BLUE), ("postgres", ORANGE), ("kafka", GREY))
STYLES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)))
HUNDRED = 100


def throughput_png(results: Results) -> bytes:
    """CPU seconds per million payments, stacked; payments a second beside each bar."""
    names = sorted((name for name in NAMES if results.runs(name)), key=results.sustained)
    figure, axes = new_axes("CPU seconds per million payments", "", height=3.2)
    for row, name in enumerate(names):
        left = 0.0
        for group, color in GROUPS:
            width = median(run.cpu_seconds.get(group, 0.0) for run in results.runs(name))
            axes.barh(row, width, left=left, color=color, label=group if row == 0 else None)
            left += width
        axes.annotate(f"  {results.sustained(name):,.0f}/s", (left, row), va="center", color=INK)
    axes.set_yticks(range(len(names)), [NAMES[name] for name in names])
    axes.margins(x=0.15)
    # Below, where no bar can be.
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=len(GROUPS))
    axes.set_title("What a million payments cost, and how many a second", loc="left", color=INK)
    return to_png(figure)


def latency_png(results: Results) -> bytes:
    """A panel for each rate with each system's latencies, if it kept up."""
    rates = sorted({run.rate for run in results.latency})
    figure, panels = new_panels(len(rates), "milliseconds from the payment to its committed row")
    for rate, axes in zip(rates, panels, strict=True):
        for run in results.latency:
            if run.rate == rate and run.keeps_up and run.quantiles_ms:
                draw_latency(axes, run)
        axes.set_xscale("log")
        axes.yaxis.set_major_formatter("{x:.0%}")
        axes.set_title(f"{rate:,} payments a second", loc="left", color=INK)
    shown = {line.get_label(): line for axes in panels for line in axes.get_lines()}
    figure.legend(
        shown.values(),
        [str(label) for label in shown],
        frameon=False,
        loc="outside upper center",
        ncols=3,
    )
    return to_png(figure)


def draw_latency(axes: Axes, run: Latency) -> None:
    """The share of payments that were stored within each latency."""
    axes.plot(
        [max(value, 1.0) for value in run.quantiles_ms[:HUNDRED]],
        [number / HUNDRED for number in range(HUNDRED)],
        linestyle=STYLES[list(NAMES).index(run.system)],
        color=BLUE if run.system == OURS else INK,
        label=NAMES[run.system],
    )


def growth_png(results: Results) -> bytes:
    """Payments a second of each run, curve by curve."""
    points = list(reversed(results.by_curve()))
    figure, axes = new_axes("payments a second", "", height=0.8 + 0.34 * len(points))
    for row, point in enumerate(points):
        axes.barh(row, point.per_second, color=BLUE)
        axes.annotate(f"  {point.per_second:,.0f}", (point.per_second, row), va="center", color=INK)
    axes.set_yticks(range(len(points)), [f"{point.curve}: {point.value}" for point in points])
    axes.margins(x=0.15)
    axes.set_title("What a difference it makes", loc="left", color=INK)
    return to_png(figure)


def main() -> None:
    """Draw what was measured."""
    results, folder = Results.read(Path(sys.argv[1])), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if results.throughput:
        (folder / "streaming_throughput.png").write_bytes(throughput_png(results))
    if results.latency:
        (folder / "streaming_latency.png").write_bytes(latency_png(results))
    if results.growth:
        (folder / "streaming_growth.png").write_bytes(growth_png(results))


if __name__ == "__main__":
    main()
