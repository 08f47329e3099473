"""The picture of the drift benchmark: python -m bench.drift.plots SERIES PNG

Runs in the training environment, which has what draws.
"""

import json
import sys
from pathlib import Path

from training.card.plot_style import GREY, INK, ORANGE, new_panels, to_png

# A feature that is not that far from its limit is one of the others.
NEAR = 1.0
LOWEST, STEP = 0.01, 2.2


def panels_png(series: dict[str, dict[str, list[float]]], calm_days: int) -> bytes:
    """
    A panel for each drift: each feature's index as a multiple of its limit, day by day.

    :param calm_days: before the drift begins.
    """
    figure, panels = new_panels(len(series), "day")
    for (what, features), axes in zip(series.items(), panels, strict=True):
        far = {name: values for name, values in features.items() if max(values) > NEAR}
        for name, values in features.items():
            color = ORANGE if name in far else GREY
            axes.plot(range(1, len(values) + 1), values, color=color)
        height = 0.0
        for name, values in sorted(far.items(), key=lambda item: item[1][-1]):
            # Names of lines that end together are above each other.
            height = max(height * STEP, values[-1])
            axes.annotate(f" {name}", (len(values), height), color=INK, fontsize=7, va="center")
        axes.axhline(1.0, color=INK, linewidth=0.8, linestyle=":")
        axes.axvline(calm_days + 0.5, color=GREY, linewidth=0.8)
        axes.set_yscale("log")
        axes.set_title(what.split(":")[0], loc="left", color=INK)
    # One scale for all, which the largest needs.
    highest = max(max(values) for features in series.values() for values in features.values())
    panels[0].set_ylim(LOWEST, highest * STEP**3)
    panels[0].set_ylabel("index, as a multiple of its limit")
    return to_png(figure)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    told = json.loads(source.read_text("utf-8"))
    target.write_bytes(panels_png(told["series"], told["calm_days"]))
