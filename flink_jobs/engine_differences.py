"""Refuse what DuckDB and Flink both run, with different results."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from flink_jobs.sql_text import SqlText, line_of, plain_column
from flink_jobs.window_calls import Call

_WHOLE = (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)


def check_differences(source: SqlText, node: exp.Expr, calls: Mapping[str, Call]) -> None:
    """
    :param node: a piece of SQL, with a placeholder, a column's name, for each window call.
    :param calls: what the placeholders stand for.
    :raises JobFilesError: a division of what may be whole numbers, or a cast of a fraction to one.
    """
    for division in node.find_all(exp.Div):
        if not (is_double(division.this, calls) or is_double(division.expression, calls)):
            raise source.error(
                line_of(division),
                "DuckDB divides whole numbers with a fraction, Flink and Postgres without",
                "write CAST(... AS DOUBLE) around one side of the /",
            )
    for cast in node.find_all(exp.Cast):
        if cast.to.this in _WHOLE and (is_double(cast.this, calls) or is_decimal(cast.this)):
            raise source.error(
                line_of(cast),
                f"DuckDB rounds a fraction that becomes {cast.to.sql()}, Flink cuts it off",
                "write FLOOR(...), CEIL(...) or ROUND(...) inside the CAST",
            )


def is_double(node: exp.Expr, calls: Mapping[str, Call]) -> bool:
    """Whether the text of an expression says that it is a DOUBLE."""
    for operand in operands(node):
        call = calls.get(plain_column(operand))
        is_cast = isinstance(operand, exp.Cast) and operand.to.this == exp.DType.DOUBLE
        if is_cast or isinstance(operand, exp.Div) or (call and call.is_double):
            return True
    return False


def is_decimal(node: exp.Expr) -> bool:
    """Whether the text of an expression says that it is a DECIMAL: by a number such as 1.5."""
    return any(
        isinstance(operand, exp.Literal) and not operand.is_string and "." in operand.name
        for operand in operands(node)
    )


def operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """What +, - and * in an expression are applied to."""
    bare = node.unnest()
    if isinstance(bare, exp.Add | exp.Sub | exp.Mul):
        yield from operands(bare.this)
        yield from operands(bare.expression)
    elif isinstance(bare, exp.Neg):
        yield from operands(bare.this)
    else:
        yield bare
