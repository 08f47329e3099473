"""Three pictures of the benchmark: the weeks, the search, and the most important features."""

import numpy as np

from bench.handbook.run import FOREST, LOGISTIC, OURS, REFERENCE, Result
from training.card.plot_style import BLUE, GREY, INK, ORANGE, new_axes, to_png

SHOWN_FEATURES = 20


def weeks_png(result: Result) -> bytes:
    """Average precision of each test week, by model, on the first draw."""
    figure, axes = new_axes("test week", "average precision")
    lines = ((REFERENCE, GREY, ":"), (OURS, BLUE, "-"), (FOREST, ORANGE, "-"), (LOGISTIC, INK, "-"))
    for name, color, style in lines:
        weeks = [week.average_precision for week in result.draws[0].model(name).by_week]
        number = np.arange(1, len(weeks) + 1)
        axes.plot(number, weeks, style, marker="o", color=color, linewidth=2)
        axes.annotate(
            name.split(",")[0],
            (number[-1], weeks[-1]),
            xytext=(8, -3),
            textcoords="offset points",
            color=color,
        )
    axes.set_xticks(number)
    axes.set_xlim(0.8, len(weeks) + 1)
    axes.set_title("Average precision by test week", loc="left", color=INK)
    return to_png(figure)


def search_png(result: Result) -> bytes:
    """Every complete trial of the search, and the best so far."""
    figure, axes = new_axes("trial", "average precision in validation")
    history = result.choice.search.history
    complete = [at for at, trial in enumerate(history) if trial.is_complete]
    scores = [history[at].score for at in complete]
    axes.plot(np.array(complete) + 1, scores, "o", color=GREY)
    best = np.maximum.accumulate(scores)
    axes.step(np.array(complete) + 1, best, where="post", color=BLUE, linewidth=2)
    axes.set_title(
        f"{len(history)} trials, {len(history) - len(complete)} of them cut short and not shown",
        loc="left",
        color=INK,
    )
    return to_png(figure)


def importance_png(result: Result) -> bytes:
    """The features that improved the trees most."""
    shown = result.importance[:SHOWN_FEATURES][::-1]
    figure, axes = new_axes("share of the gain of all splits", "", height=5.5)
    axes.barh([name for name, _ in shown], [share for _, share in shown], color=BLUE)
    axes.set_title("What the model looks at", loc="left", color=INK)
    return to_png(figure)
