"""
LAG and ROWS count rows, and the function has only those that are kept. Where they stand, a guard
must make sure that the rows they count are young enough to be kept; then both know the same rows.

    CASE WHEN event_ms - LAG(event_ms, 1) OVER w <= 604800000 THEN ... END
    CASE
        WHEN COUNT(*) OVER w = 10 AND event_ms - FIRST_VALUE(event_ms) OVER w <= 604800000 THEN ...
    END
"""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from flink_jobs.history import History
from flink_jobs.sql_text import CallText, SqlText, line_of, plain_column
from flink_jobs.window_calls import Call
from flink_jobs.window_frames import whole_number


class GuardReader:
    """
    Checks the guards of one file.

    :param source: the file.
    :param history: of the relation that it reads.
    :param calls: what each placeholder in the parsed text stands for.
    :param texts: the same as they were written.
    """

    def __init__(
        self,
        source: SqlText,
        history: History,
        calls: Mapping[str, Call],
        texts: Mapping[str, CallText],
    ) -> None:
        self.source, self.history = source, history
        self.calls, self.texts = calls, texts

    def check(self, select: exp.Expr) -> None:
        """
        :param select: with a placeholder, a column's name, for each call.
        :raises JobFilesError: a call that counts rows has no guard, or one that lets through too
            much.
        """
        for column in select.find_all(exp.Column):
            call = self.calls.get(column.name)
            if call and call.depth > max(self._depths(column), default=0):
                text = self.texts[column.name]
                raise self.source.error(
                    text.tokens[0],
                    f"`{self.source.words(text.tokens)}` may count rows that are not kept any more",
                    f"put it into {self._guard(call)}",
                )

    def _guard(self, call: Call) -> str:
        """What has to be around a call."""
        time, bound = self.history.time_ms, self.history.guarded_ms
        if call.offset:
            return f"CASE WHEN {time} - LAG({time}, {call.offset}) OVER w <= {bound} THEN ... END"
        return (
            f"CASE WHEN COUNT(*) OVER w = {call.depth + 1} "
            f"AND {time} - FIRST_VALUE({time}) OVER w <= {bound} THEN ... END"
        )

    def _depths(self, node: exp.Expr) -> Iterator[int]:
        """How many rows each CASE around a piece of the text guards."""
        outer = node.parent
        while outer:
            # Also in its condition: that is TRUE only if the guard is.
            if isinstance(outer, exp.If) and isinstance(outer.parent, exp.Case):
                is_simple_case = outer.parent.this is not None
                yield 0 if is_simple_case else self._depth(outer.this)
            outer = outer.parent

    def _depth(self, condition: exp.Expr) -> int:
        """How many rows before this one are there and young enough where a condition is TRUE."""
        lags, firsts, counts = {0}, {0}, {0}
        for term in terms(condition):
            call = self._young(term)
            if call and call.function == "LAG":
                lags.add(call.depth)
            elif call:
                firsts.add(call.depth)
            counts.add(self._counted(term))
        return max(lags | (firsts & counts))

    def _young(self, term: exp.Expr) -> Call | None:
        """
        The call in a condition `time - LAG(time) OVER w <= bound`, or with FIRST_VALUE.

        :raises JobFilesError: the bound is more than is kept.
        """
        if not isinstance(term, exp.LTE | exp.LT) or not isinstance(term.this, exp.Sub):
            return None
        time, bound = self.history.time_ms, whole_number(term.expression)
        call = self.calls.get(plain_column(term.this.expression))
        is_time = plain_column(term.this.this) == time and call and call.column == time
        if not call or not is_time or bound is None or call.function not in ("LAG", "FIRST_VALUE"):
            return None
        if bound > self.history.guarded_ms:
            raise self.source.error(
                line_of(term.expression),
                f"a guard of {bound} ms lets through what is not kept any more",
                f"use {self.history.guarded_ms} at most",
            )
        return call

    def _counted(self, term: exp.Expr) -> int:
        """The 9 of a condition `COUNT(*) OVER w = 10` if w has 9 rows before this one; else 0."""
        call = self.calls.get(plain_column(term.this)) if isinstance(term, exp.EQ) else None
        if not call or call != Call("COUNT", rows=call.rows):
            return 0
        return call.depth if whole_number(term.expression) == call.depth + 1 else 0


def terms(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What AND joins."""
    bare = condition.unnest()
    if isinstance(bare, exp.And):
        yield from terms(bare.this)
        yield from terms(bare.expression)
    else:
        yield bare
