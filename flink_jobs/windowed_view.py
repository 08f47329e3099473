"""The shape of a view whose windows can be rewritten: one SELECT from one relation."""

import re
from dataclasses import dataclass

from sqlglot import TokenType, exp

from flink_jobs.sql_text import SqlText, line_of

_OURS = re.compile(r"_(w|a|f|call)\d+")
_SHAPE = "write CREATE TEMPORARY VIEW name AS SELECT ... FROM relation WINDOW ..."
_ELSEWHERE = "do that in a view before this one, or after it"
_CLAUSES = {
    "distinct": "DISTINCT",
    "joins": "JOIN",
    "laterals": "LATERAL",
    "where": "WHERE",
    "group": "GROUP BY",
    "having": "HAVING",
    "qualify": "QUALIFY",
    "order": "ORDER BY",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "sample": "USING SAMPLE",
}


@dataclass(frozen=True)
class WindowedView:
    """
    A view as it was parsed.

    :param name: of the view.
    :param select: what it selects.
    :param relation: what it selects from.
    :param start: where SELECT begins in the text.
    :param end: where FROM begins in the text.
    """

    name: str
    select: exp.Select
    relation: str
    start: int
    end: int


def read_view(source: SqlText) -> WindowedView:
    """
    The one statement of a file.

    :raises JobFilesError: it is not of that shape.
    """
    words = [token.text.upper() for token in source.tokens[:5]]
    if words[:3] + words[4:] != ["CREATE", "TEMPORARY", "VIEW", "AS"]:
        raise source.error(
            source.tokens[0] if words else 1, "this is not one CREATE TEMPORARY VIEW", _SHAPE
        )
    name, begin = source.tokens[3].text, source.tokens[5:6]
    if not begin or begin[0].text.upper() != "SELECT":
        raise source.error(
            begin[0] if begin else source.tokens[4], "the view does not begin with SELECT", _SHAPE
        )
    statements = source.parsed(begin[0].start)
    select = statements[0]
    if len(statements) > 1 or not isinstance(select, exp.Select):
        raise source.error(begin[0], "the view is more than one SELECT", _SHAPE)
    check_clauses(source, select)
    check_names(source, select)
    # Not the first: there is IS DISTINCT FROM.
    end = [token.start for _, token in source.outermost() if token.text.upper() == "FROM"][-1]
    relation = select.args["from_"].this.name
    return WindowedView(name, select, relation, begin[0].start, end)


def check_clauses(source: SqlText, select: exp.Select) -> None:
    """:raises JobFilesError: there is more than a list, one relation and WINDOW."""
    words = {token.text.upper(): token for _, token in source.outermost()}
    for part, value in select.args.items():
        if value and part not in ("expressions", "from_", "windows"):
            clause = _CLAUSES.get(part, part.upper())
            raise source.error(
                words.get(clause, words["SELECT"]),
                f"{clause} does not go with windows in one SELECT",
                _ELSEWHERE,
            )
    relation = select.args["from_"].this if select.args.get("from_") else exp.Table()
    given = {part for part, value in relation.args.items() if value}
    if given != {"this"} or not isinstance(relation.this, exp.Identifier):
        raise source.error(
            words.get("FROM", words["SELECT"]),
            "the view does not select from one relation by its name",
            _SHAPE,
        )


def check_names(source: SqlText, select: exp.Select) -> None:
    """:raises JobFilesError: a name that Flink takes in another way, or another SELECT in it."""
    for token in source.tokens:
        if token.token_type == TokenType.IDENTIFIER:
            raise source.error(
                token,
                f'"{token.text}" is in double quotes, which Flink does not know',
                "use a name that needs no quotes",
            )
        if _OURS.fullmatch(token.text):
            raise source.error(token, f"{token.text} is a name of the rewriter", "use another name")
    for node in select.find_all(exp.Select, exp.Column):
        if isinstance(node, exp.Select) and node is not select:
            raise source.error(line_of(node), "a SELECT is inside another", _ELSEWHERE)
        if isinstance(node, exp.Column) and node.table:
            raise source.error(
                line_of(node), f"{node.sql()} names its relation", f"write {node.name}"
            )
