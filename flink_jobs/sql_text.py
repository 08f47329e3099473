"""One file's SQL as text and tokens, to cut pieces out of it and to name their lines."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, TokenError

from flink_jobs.job import JobFilesError

DIALECT = "duckdb"


@dataclass(frozen=True)
class CallText:
    """
    A window call, as tokens.

    :param tokens: all of it, from the function's name to the end of OVER.
    :param arguments: between the function's parentheses.
    :param condition: of FILTER, without WHERE; empty if there is none.
    :param window: between the parentheses of OVER; or the name of a window, alone.
    :param window_name: that name, else empty.
    """

    tokens: Sequence[Token]
    arguments: Sequence[Token]
    condition: Sequence[Token]
    window: Sequence[Token]
    window_name: str

    @property
    def name(self) -> str:
        """Of the function, as written."""
        return self.tokens[0].text

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """The place behind it in the text."""
        return self.tokens[-1].end + 1


class SqlText:
    """
    The text of one file.

    :param text: its SQL.
    :param shown: its path, as errors name it.
    :raises JobFilesError: a quote or a comment in it does not end.
    """

    def __init__(self, text: str, shown: str) -> None:
        self.text, self.shown = text, shown
        try:
            self.tokens = tokens_of(text)
        except TokenError:
            raise self.error(
                open_line(text), "a quote or a comment does not end", "close it"
            ) from None
        self._check_parentheses()

    def error(self, at: Token | int, found: str, hint: str) -> JobFilesError:
        """
        :param at: a token, or a line.
        :param found: what is wrong there.
        :param hint: what is allowed instead.
        """
        line = at if isinstance(at, int) else at.line
        return JobFilesError(f"{self.shown}:{line}: {found}", hint)

    def parsed(self, start: int = 0, text: str = "") -> list[exp.Expr]:
        """
        The statements of the file from a place on.

        :param text: instead of what stands there, with the same lines.
        :raises JobFilesError: it is not SQL.
        """
        lines_before = "\n" * self.text.count("\n", 0, start)
        try:
            statements = sqlglot.parse(lines_before + (text or self.text[start:]), read=DIALECT)
        except ParseError as error:
            where = error.errors[0]
            raise self.error(
                where["line"] or 1,
                f"near `{where['highlight']}`: this is not SQL that DuckDB accepts",
                "run the text in DuckDB",
            ) from None
        return [statement for statement in statements if statement]

    def expression(self, text: str) -> exp.Expr:
        """A piece of the file's text, parsed by itself."""
        (statement,) = self.parsed(text=f"SELECT {text}")
        (expression,) = statement.expressions
        return expression  # type: ignore[no-any-return]

    def words(self, tokens: Sequence[Token]) -> str:
        """Tokens as text: as written, without comments, on one line."""
        text = ""
        for before, token in zip([None, *tokens], tokens, strict=False):
            gap = before is not None and before.end + 1 < token.start
            text += " " * gap + self.text[token.start : token.end + 1]
        return text

    def outermost(self) -> Iterable[tuple[int, Token]]:
        """Tokens that stand in no parentheses, each with its number."""
        depth = 0
        for number, token in enumerate(self.tokens):
            depth -= token.token_type == TokenType.R_PAREN
            if depth == 0:
                yield number, token
            depth += token.token_type == TokenType.L_PAREN

    def named_windows(self) -> dict[str, Sequence[Token]]:
        """
        What stands between the parentheses of each window of the WINDOW clause.

        :raises JobFilesError: two have one name.
        """
        windows: dict[str, Sequence[Token]] = {}
        is_inside = False
        for number, token in self.outermost():
            is_inside = is_inside or token.token_type == TokenType.WINDOW
            if is_inside and token.token_type == TokenType.R_PAREN:
                begin = self._opening(number)
                name = self.tokens[begin - 2]
                if name.text in windows:
                    raise self.error(name, f"there are two windows {name.text}", "rename one")
                windows[name.text] = self.tokens[begin + 1 : number]
        return windows

    def window_calls(self) -> list[CallText]:
        """
        Every window call, in the order of the text.

        :raises JobFilesError: one is inside another, or is not `function(...) OVER ...`.
        """
        calls: list[CallText] = []
        for number, token in enumerate(self.tokens):
            if token.token_type == TokenType.OVER:
                call = self._call(number)
                if any(call.start < other.end and other.start < call.end for other in calls):
                    raise self.error(
                        token,
                        "a window call is inside another",
                        "compute the inner one in a view of its own before this one",
                    )
                calls.append(call)
        return calls

    def _call(self, over: int) -> CallText:
        """The call whose OVER is this token."""
        before = over - 1
        # `LAG(x) IGNORE NULLS OVER w`
        while re.fullmatch("IGNORE|RESPECT|NULLS", self.tokens[before].text, re.IGNORECASE):
            before -= 1
        condition: Sequence[Token] = ()
        begin = self._opening(before)
        if self.tokens[begin - 1].token_type == TokenType.FILTER:
            # DuckDB also takes FILTER without WHERE.
            has_where = self.tokens[begin + 1].token_type == TokenType.WHERE
            condition = self.tokens[begin + 1 + has_where : before]
            before = begin - 2
            begin = self._opening(before)
        end = over + 1
        window, window_name = self.tokens[end : end + 1], self.tokens[end].text
        if self.tokens[end].token_type == TokenType.L_PAREN:
            end = self._closing(end)
            window, window_name = self.tokens[over + 2 : end], ""
        return CallText(
            tokens=self.tokens[begin - 1 : end + 1],
            arguments=self.tokens[begin + 1 : before],
            condition=condition,
            window=window,
            window_name=window_name,
        )

    def _check_parentheses(self) -> None:
        """:raises JobFilesError: one is not closed, or closes nothing; sqlglot lets some pass."""
        opened = []
        for token in self.tokens:
            if token.token_type == TokenType.L_PAREN:
                opened.append(token)
            elif token.token_type == TokenType.R_PAREN and not opened:
                raise self.error(token, "a parenthesis closes nothing", "take it out")
            elif token.token_type == TokenType.R_PAREN:
                opened.pop()
        if opened:
            raise self.error(opened[-1], "a parenthesis is not closed", "close it")

    def _opening(self, number: int) -> int:
        """The parenthesis that this one closes."""
        if self.tokens[number].token_type != TokenType.R_PAREN:
            token = self.tokens[number]
            raise self.error(
                token, f"`{token.text}` stands before OVER", "write function(...) OVER ..."
            )
        depth = 0
        while True:
            depth += self.tokens[number].token_type == TokenType.R_PAREN
            depth -= self.tokens[number].token_type == TokenType.L_PAREN
            if depth == 0:
                return number
            number -= 1

    def _closing(self, number: int) -> int:
        """The parenthesis that closes this one."""
        depth = 0
        while True:
            depth += self.tokens[number].token_type == TokenType.L_PAREN
            depth -= self.tokens[number].token_type == TokenType.R_PAREN
            if depth == 0:
                return number
            number += 1


def tokens_of(text: str) -> list[Token]:
    """:raises TokenError: a quote or a comment does not end."""
    return sqlglot.tokenize(text, read=DIALECT)


def open_line(text: str) -> int:
    """The line of what does not end: all up to the line before it can be taken apart."""
    lines = text.splitlines(keepends=True)
    for number in range(len(lines) - 1, 0, -1):
        try:
            tokens_of("".join(lines[:number]))
        except TokenError:
            continue
        return number + 1
    return 1


def line_of(node: exp.Expr, otherwise: int = 1) -> int:
    """
    The line on which a parsed piece begins.

    :param otherwise: if nothing in it has a place.
    """
    lines = [part.meta["line"] for part in node.walk() if "line" in part.meta]
    return min(lines, default=otherwise)


def plain_column(node: exp.Expr | None) -> str:
    """A column's name; empty for anything else, and for one with its relation before it."""
    if isinstance(node, exp.Column) and not node.table and isinstance(node.this, exp.Identifier):
        return str(node.name)
    return ""
