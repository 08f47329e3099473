"""Read OVER calls: what each asks of `trailing_windows`, or why that does not know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import Token, exp

from flink_jobs.history import History
from flink_jobs.job import JobFilesError
from flink_jobs.sql_text import CallText, SqlText, plain_column
from flink_jobs.window_frames import Window, WindowReader, whole_number, word

FUNCTIONS: Mapping[type[exp.Expr], str] = {
    exp.Count: "COUNT",
    exp.Sum: "SUM",
    exp.Avg: "AVG",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.Stddev: "STDDEV_SAMP",
    exp.StddevSamp: "STDDEV_SAMP",
    exp.FirstValue: "FIRST_VALUE",
    exp.LastValue: "LAST_VALUE",
    exp.Lag: "LAG",
}
# DuckDB takes no FILTER for those that pick a row.
_AGGREGATES = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "STDDEV_SAMP")
_NO_VALUES = (exp.Distinct, exp.Order, exp.Star, exp.AggFunc, exp.Tuple)
_KNOWN = "use COUNT, COUNT(DISTINCT x), SUM, AVG, MIN, MAX, STDDEV, LAG, FIRST_VALUE, LAST_VALUE"


@dataclass(frozen=True)
class Call:
    """
    One value that the function computes for a row. Equal calls are one value.

    :param function: its name there.
    :param column: what it is computed of; empty for COUNT(*) and NEWEST.
    :param offset: LAG's.
    :param range_ms: a row counts if it is at most so much older; None without such a frame.
    :param rows: so many rows before this one count; None without such a frame.
    :param filter: a BOOLEAN column: rows count where it is TRUE.
    """

    function: str
    column: str = ""
    offset: int | None = None
    range_ms: int | None = None
    rows: int | None = None
    filter: str = ""

    @property
    def depth(self) -> int:
        """How many rows before this one it counts on, however old they are."""
        return self.offset or self.rows or 0

    @property
    def is_double(self) -> bool:
        """Whether the value is a DOUBLE whatever the column is."""
        return self.function in ("AVG", "STDDEV_SAMP")

    def output(self, name: str) -> dict[str, Any]:
        """
        Its part of the function's spec.

        :param name: of the column that the value becomes.
        """
        given = {part: value for part, value in vars(self).items() if value not in (None, "")}
        return {"name": name} | given


class CallReader:
    """
    Reads the calls of one file.

    :param source: the file.
    :param history: of the relation that it reads.

    `arguments` and `conditions` are the expressions that the function needs as columns, each with
    the name of its column.
    """

    def __init__(self, source: SqlText, history: History) -> None:
        self.source, self.history = source, history
        self.windows = WindowReader(source, history)
        self.arguments: dict[str, str] = {}
        self.conditions: dict[str, str] = {}

    def read(self, text: CallText) -> Call:
        """:raises JobFilesError: the function does not know such a call."""
        function = self.source.expression(self.source.words(text.tokens)).this
        if isinstance(function, exp.IgnoreNulls | exp.RespectNulls):
            raise self.source.error(
                word(text.tokens, "NULLS"),
                f"{text.name}() has an option for NULLs",
                "leave it out: NULLs count as values for LAG, FIRST_VALUE and LAST_VALUE",
            )
        if isinstance(function, exp.Filter):
            function = function.this
        name = FUNCTIONS.get(type(function), "")
        if not name:
            raise self.source.error(
                text.tokens[0],
                f"{text.name}() is not a window function that Flink's step supports",
                _KNOWN,
            )
        self._check_arguments(text, name, function)
        window = self.windows.read(text)
        is_distinct = isinstance(function.this, exp.Distinct)
        name = "COUNT_DISTINCT" if is_distinct else name
        argument = function.this.expressions[0] if is_distinct else function.this
        if text.condition and (name not in _AGGREGATES or not window.has_frame):
            raise self.source.error(
                text.tokens[0], f"{text.name}() has a FILTER", "put it into CASE in the argument"
            )
        if name == "LAG":
            offset = self._offset(text, function)
            self._check_order_of_lag(text, window)
            # A number of rows is one token, after a comma.
            tokens = text.arguments[:-2] if function.args.get("offset") else text.arguments
            return Call(name, self._column(text, argument, tokens), offset)
        if not window.has_frame:
            self._check_newest(text, name, argument, window)
            return Call("NEWEST")
        column = ""
        if not (name == "COUNT" and isinstance(argument, exp.Star | exp.Literal)):
            column = self._column(text, argument, text.arguments[is_distinct:])
        condition = self._condition(text.condition) if text.condition else ""
        return Call(name, column, None, window.range_ms, window.rows, condition)

    def _check_arguments(self, text: CallText, name: str, function: exp.Expr) -> None:
        """:raises JobFilesError: several values, or DISTINCT, ORDER BY or * in the wrong place."""
        hint = "give one value; COUNT takes DISTINCT or *, LAG a number of rows and no default"
        allowed = {"this", "big_int"} | ({"offset"} if name == "LAG" else set())
        argument = function.this
        is_star = isinstance(argument, exp.Star)
        if isinstance(argument, exp.Distinct) and name == "COUNT":
            values = argument.expressions
        else:
            values = [argument]
        if (
            not {part for part, value in function.args.items() if value} <= allowed
            or len(values) != 1
            or values[0] is None
            or (values[0].find(*_NO_VALUES) and not (name == "COUNT" and is_star))
        ):
            raise self._error(text, "Flink's step does not know {}", hint)

    def _check_order_of_lag(self, text: CallText, window: Window) -> None:
        needed = (self.history.time_ms, self.history.arrival)
        if window.has_frame or window.order != needed:
            raise self.source.error(
                word(self.windows.tokens_of(text), "ORDER BY"),
                "LAG has a frame" if window.has_frame else f"LAG goes by {', '.join(window.order)}",
                f"use a window ORDER BY {', '.join(needed)} without a frame",
            )

    def _check_newest(self, text: CallText, name: str, argument: exp.Expr, window: Window) -> None:
        history = self.history
        is_time = name == "MAX" and plain_column(argument) == history.time_ms
        if not is_time or window.order != (history.arrival,):
            raise self._error(text, "{} has no end: its window has no frame", self._frames_hint)

    @property
    def _frames_hint(self) -> str:
        return self.windows.frames_hint

    def _offset(self, text: CallText, function: exp.Expr) -> int:
        written = function.args.get("offset")
        offset = whole_number(written) if written else 1
        most = self.history.most - 1
        if offset is None or not 1 <= offset <= most:
            raise self._error(
                text, "{} does not say how many rows to go back", f"write a number from 1 to {most}"
            )
        return offset

    def _column(self, text: CallText, argument: exp.Expr, tokens: Sequence[Token]) -> str:
        """The column that an argument is, or that it becomes."""
        column = plain_column(argument)
        if column == self.history.time:
            raise self._error(
                text, "{} is of a timestamp, which is not kept", f"use {self.history.time_ms}"
            )
        name = f"_a{len(self.arguments)}"
        return column or self.arguments.setdefault(self.source.words(tokens), name)

    def _condition(self, tokens: Sequence[Token]) -> str:
        """The column that a condition is, or that it becomes."""
        words = self.source.words(tokens)
        column = plain_column(self.source.expression(words))
        return column or self.conditions.setdefault(words, f"_f{len(self.conditions)}")

    def _error(self, text: CallText, found: str, hint: str) -> JobFilesError:
        """
        :param found: what is wrong with the call, which takes the place of ``{}``.
        """
        call = f"`{self.source.words(text.tokens)}`"
        return self.source.error(text.tokens[0], found.format(call), hint)
