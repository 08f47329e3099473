"""The piece of a SQL file that computes one column."""

from textwrap import dedent

from sqlglot import TokenType

from flink_jobs.sql_text import SqlText

_BEFORE = (TokenType.COMMA, TokenType.SELECT)
_BEHIND = (TokenType.COMMA, TokenType.FROM)


def definition(text: str, column: str, path: str) -> str:
    """
    The item of the SELECT that makes a column, as written, with the comments above it.

    :param text: of the file.
    :param path: as errors name it.
    :return: empty if the file does not name the column.
    :raises JobFilesError: a quote, a comment or a parenthesis in the text does not end.
    """
    sql = SqlText(text, path)
    kinds = [token.token_type for token in sql.tokens]
    named = bare = ""
    for number, token in enumerate(sql.tokens):
        if token.text != column or number == 0:
            continue
        before = number - 1
        if kinds[before] == TokenType.ALIAS:
            depth = 0
            while before >= 0 and (depth or kinds[before] not in _BEFORE):
                depth += kinds[before] == TokenType.R_PAREN
                depth -= kinds[before] == TokenType.L_PAREN
                before -= 1
            named = text[sql.tokens[before].end + 1 : token.end + 1]
        elif kinds[before] in _BEFORE and number + 1 < len(kinds) and kinds[number + 1] in _BEHIND:
            bare = column
    return dedent((named or bare).strip("\n")).strip()
