"""Read what stands in OVER and WINDOW: one key, an order, a frame; anything else is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import Token, exp

from flink_jobs.history import DAY_MS, History
from flink_jobs.sql_text import DIALECT, CallText, SqlText, plain_column

_UNITS_MS = {
    "MILLISECOND": 1,
    "SECOND": 1000,
    "MINUTE": 60_000,
    "HOUR": 3_600_000,
    "DAY": DAY_MS,
    "WEEK": 7 * DAY_MS,
}
_WRITE_OUT = "write PARTITION BY, ORDER BY and the frame out in it"


@dataclass(frozen=True)
class Window:
    """
    What one window says.

    :param order: columns, all ascending.
    :param range_ms: of RANGE BETWEEN ... PRECEDING AND CURRENT ROW; None without it.
    :param rows: of ROWS BETWEEN ... PRECEDING AND CURRENT ROW; None without it.
    """

    order: tuple[str, ...]
    range_ms: int | None = None
    rows: int | None = None

    @property
    def has_frame(self) -> bool:
        """Whether it says how far back it reaches."""
        return self.range_ms is not None or self.rows is not None


class WindowReader:
    """
    Reads the windows of one file.

    :param source: the file.
    :param history: of the relation that it reads.

    `key` is what those read so far are partitioned by.
    """

    def __init__(self, source: SqlText, history: History) -> None:
        self.source, self.history = source, history
        self.named = source.named_windows()
        self.key = ""

    @property
    def frames_hint(self) -> str:
        """Which frames there are."""
        history = self.history
        return (
            f"use ORDER BY {history.time} RANGE BETWEEN INTERVAL '24' HOUR PRECEDING AND CURRENT "
            f"ROW, or ORDER BY {history.time_ms}, {history.arrival} ROWS BETWEEN 9 PRECEDING AND "
            "CURRENT ROW"
        )

    def tokens_of(self, call: CallText) -> Sequence[Token]:
        """
        The text of a call's window, inside its parentheses, wherever that is.

        :raises JobFilesError: it names a window that is not there.
        """
        if not call.window_name:
            return call.window
        name = call.window_name
        if name not in self.named:
            known = ", ".join(self.named)
            raise self.source.error(
                call.window[0],
                f"there is no window {name}",
                f"use {known}" if known else "define it in a WINDOW clause",
            )
        return self.named[name]

    def read(self, call: CallText) -> Window:
        """:raises JobFilesError: the window is not one that the function knows."""
        tokens = self.tokens_of(call)
        if not tokens:
            raise self.source.error(call.tokens[-1], "OVER () says nothing", _WRITE_OUT)
        node = self.source.expression(f"COUNT(*) OVER ({self.source.words(tokens)})")
        if node.args.get("alias"):
            raise self.source.error(
                tokens[0], f"the window is made from window {node.alias}", _WRITE_OUT
            )
        self._check_key(tokens, node)
        order = self._order(tokens, node)
        spec = node.args.get("spec")
        return self._framed(tokens, order, spec) if spec else Window(order)

    def _check_key(self, tokens: Sequence[Token], node: exp.Expr) -> None:
        columns = node.args.get("partition_by") or []
        shown = ", ".join(column.sql() for column in columns) or "nothing"
        if len(columns) != 1 or not plain_column(columns[0]):
            raise self.source.error(
                word(tokens, "PARTITION BY"),
                f"the window is partitioned by {shown}",
                "partition it by one column",
            )
        if self.key and shown != self.key:
            raise self.source.error(
                word(tokens, "PARTITION BY"),
                f"the window is partitioned by {shown}, another one by {self.key}",
                "give the windows of each key a view of their own",
            )
        self.key = shown

    def _order(self, tokens: Sequence[Token], node: exp.Expr) -> tuple[str, ...]:
        columns = []
        for ordered in node.args["order"].expressions if node.args.get("order") else []:
            is_down = ordered.args.get("desc")
            if is_down or ordered.args.get("nulls_first"):
                raise self.source.error(
                    word(tokens, "DESC" if is_down else "NULLS"),
                    f"the window is ordered by {ordered.sql(DIALECT)}",
                    "leave out DESC and NULLS FIRST: the function goes from old to new",
                )
            columns.append(plain_column(ordered.this) or ordered.this.sql())
        if not columns:
            raise self.source.error(tokens[0], "the window has no order", self.frames_hint)
        return tuple(columns)

    def _framed(self, tokens: Sequence[Token], order: tuple[str, ...], spec: exp.Expr) -> Window:
        history, kind, start = self.history, str(spec.args["kind"]).upper(), spec.args["start"]
        at = word(tokens, kind)
        frame = self.source.words([token for token in tokens if token.start >= at.start])
        is_interval = isinstance(start, exp.Interval)
        size = interval_ms(start) if is_interval else whole_number(start)
        if (
            size is None
            or kind not in (("RANGE",) if is_interval else ("RANGE", "ROWS"))
            or spec.args.get("start_side") != "PRECEDING"
            or spec.args.get("end") not in (None, "CURRENT ROW")
            or spec.args.get("exclude")
        ):
            raise self.source.error(
                at, f"Flink's step does not know the frame {frame}", self.frames_hint
            )
        needed: tuple[str, ...] = (history.time if is_interval else history.time_ms,)
        most = history.kept_ms
        if kind == "ROWS":
            needed, most = (history.time_ms, history.arrival), history.most - 1
        if order != needed:
            raise self.source.error(
                word(tokens, "ORDER BY"),
                f"a window with {frame} is ordered by {', '.join(order)}",
                f"order it by {', '.join(needed)}",
            )
        if not 1 <= size <= most:
            unit = "rows" if kind == "ROWS" else "ms"
            raise self.source.error(
                at, f"the frame {frame} is {size} {unit}", f"use 1 to {most}: no more is kept"
            )
        return Window(order, rows=size) if kind == "ROWS" else Window(order, range_ms=size)


def word(tokens: Sequence[Token], text: str) -> Token:
    """The last of some tokens that is a certain word; the first one if none is."""
    return next((token for token in reversed(tokens) if token.text.upper() == text), tokens[0])


def whole_number(node: exp.Expr | str | None) -> int | None:
    """The number that digits stand for; None for anything else."""
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal():
        return int(node.name)
    return None


def interval_ms(node: exp.Interval) -> int | None:
    """How long `INTERVAL '7' DAY` is; None if not a whole number of a fixed unit."""
    number, unit = node.this, node.args.get("unit")
    if not (isinstance(number, exp.Literal) and number.name.isdecimal()):
        return None
    factor = _UNITS_MS.get(unit.name.upper().removesuffix("S")) if unit else None
    return int(number.name) * factor if factor else None
