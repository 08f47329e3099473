"""The pictures of the benchmark: python -m bench.streaming.plots RESULTS FOLDER

Runs in the training environment, which has what draws.
"""

import sys
from pathlib import Path
from statistics import median

from matplotlib.axes import Axes

from bench.streaming.plan import NAMES, OURS
from bench.streaming.results import Results
from training.plot_style import BLUE, GREY, INK, ORANGE, new_axes, to_png

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
    legend_below(axes, len(GROUPS))
    axes.set_title("What a million payments cost, and how many a second", loc="left", color=INK)
    return to_png(figure)


def latency_png(results: Results) -> bytes:
    """Each system's latencies, at the highest rate of those that most of them kept up with."""
    in_time = [run.rate for run in results.latency if run.keeps_up]
    rate = max((run.rate for run in results.latency), key=lambda rate: (in_time.count(rate), rate))
    figure, axes = new_axes("milliseconds from the payment to its committed row", "payments")
    for style, name in zip(STYLES, NAMES, strict=False):
        for run in results.latency:
            if run.system != name or run.rate != rate or not run.quantiles_ms:
                continue
            color = BLUE if name == OURS else INK
            axes.plot(
                [max(value, 1.0) for value in run.quantiles_ms[:HUNDRED]],
                [number / HUNDRED for number in range(HUNDRED)],
                linestyle=style,
                color=color,
                label=NAMES[name],
            )
    axes.set_xscale("log")
    axes.yaxis.set_major_formatter("{x:.0%}")
    legend_below(axes, 3)
    axes.set_title(f"Latency at {rate:,} payments a second", loc="left", color=INK)
    return to_png(figure)


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


def legend_below(axes: Axes, columns: int) -> None:
    """Where no curve or bar can be."""
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=columns)


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
