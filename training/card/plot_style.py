"""How every picture looks: one size, few colors, no frame."""

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, BLUE, ORANGE, GREY = "#222222", "#2b6cb0", "#c05621", "#a0aec0"
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


def new_axes(x_label: str, y_label: str, height: float = 4.5) -> tuple[Figure, Axes]:
    """
    An empty picture.

    :param height: inches; the width is 7.
    """
    # A Figure of its own needs no display and leaves no state behind.
    figure = Figure(figsize=(7.0, height), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return figure, axes


def new_panels(count: int, x_label: str, height: float = 2.6) -> tuple[Figure, list[Axes]]:
    """
    An empty picture of several panels, two beside each other, on the same scales.

    :param height: inches of each; the width of the picture is 7.
    """
    columns, rows = min(count, 2), -(-count // 2)
    figure = Figure(figsize=(7.0, height * rows + 0.6), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    figure.supxlabel(x_label, fontsize="medium", color=INK)
    panels = list(grid.flat)
    for unused in panels[count:]:
        unused.remove()
        # The panel above it is the lowest of its column now.
        panels[count - columns].tick_params(labelbottom=True)
    return figure, panels[:count]


def new_stack(x_label: str, count: int, height: float = 2.7) -> tuple[Figure, list[Axes]]:
    """
    An empty picture of panels above each other, with one x axis.

    :param height: inches of each; the width of the picture is 7.
    """
    figure = Figure(figsize=(7.0, height * count), layout="constrained")
    panels = list(figure.subplots(count, 1, sharex=True))
    panels[-1].set_xlabel(x_label)
    return figure, panels


def to_png(figure: Figure) -> bytes:
    """The same picture gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": "swipestream"})
    return buffer.getvalue()


def to_svg(figure: Figure) -> bytes:
    """The same picture gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "swipestream"})
    return buffer.getvalue()
