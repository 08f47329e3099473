"""Compare stored values with recomputed ones, column by column."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

FLOAT_TOLERANCE = 1e-9
SCORE_TOLERANCE = 1e-6
EXAMPLES = 5
NUMBERS = ("INTEGER", "BIGINT", "DOUBLE")


@dataclass(frozen=True)
class Comparison:
    """
    One column, stored by the stream and computed again.

    :param compared: rows looked at.
    :param mismatched: rows that differ, `missing` and `extra` included.
    :param missing: rows where only the recomputation has a value.
    :param extra: rows where only the stream has a value.
    :param difference: largest absolute difference; None for text or when nothing has a value.
    :param relative: largest difference in relation to the larger of the two values.
    """

    name: str
    compared: int
    mismatched: int
    missing: int
    extra: int
    difference: float | None
    relative: float | None


@dataclass(frozen=True)
class Difference:
    """One value that is not what it should be."""

    transaction_id: str
    column: str
    stored: Any
    expected: Any


def equal(left: str, right: str, kind: str) -> str:
    """SQL that says whether two values are the same, NULLs and NaNs included; never NULL."""
    same = f"{left} IS NOT DISTINCT FROM {right}"
    if kind != "DOUBLE":
        return f"({same})"
    close = f"ABS({left} - {right}) <= {FLOAT_TOLERANCE} * GREATEST(ABS({left}), ABS({right}))"
    return f"({same} OR COALESCE({close}, FALSE))"


def compare(
    connection: "duckdb.DuckDBPyConnection", pairs: str, columns: dict[str, str]
) -> list[Comparison]:
    """
    Compare columns of pairs of rows.

    :param pairs: SQL after FROM that joins rows called `stored` and `expected`.
    :param columns: name and DuckDB type of each column to compare.
    """
    parts = ["COUNT(*)"]
    for name, kind in columns.items():
        left, right = f"stored.{name}", f"expected.{name}"
        parts.append(f"COUNT(*) FILTER (NOT {equal(left, right, kind)})")
        parts += gaps(left, right) if kind == "DOUBLE" else ["NULL", "NULL"]
    (count, *found) = _one_row(connection, f"SELECT {', '.join(parts)} FROM {pairs}")
    comparisons = []
    for number, (name, kind) in enumerate(columns.items()):
        mismatched, difference, relative = found[3 * number : 3 * number + 3]
        missing = extra = 0
        if mismatched:
            # Few columns come here, so the common case stays fast.
            missing, extra, difference, relative = _details(connection, pairs, name, kind)
        elif kind in NUMBERS and kind != "DOUBLE":
            difference = relative = 0.0
        comparisons.append(
            Comparison(name, count, mismatched, missing, extra, difference, relative)
        )
    return comparisons


def gaps(left: str, right: str) -> list[str]:
    """SQL for the largest absolute and relative difference of two numbers."""
    gap = f"CAST(ABS({left} - {right}) AS DOUBLE)"
    size = f"GREATEST(ABS({left}), ABS({right}))"
    return [f"MAX({gap})", f"MAX(CASE WHEN {gap} > 0 THEN {gap} / {size} ELSE 0 END)"]


def _details(
    connection: "duckdb.DuckDBPyConnection", pairs: str, name: str, kind: str
) -> tuple[Any, ...]:
    left, right = f"stored.{name}", f"expected.{name}"
    parts = [
        f"COUNT(*) FILTER ({left} IS NULL AND {right} IS NOT NULL)",
        f"COUNT(*) FILTER ({left} IS NOT NULL AND {right} IS NULL)",
        *(gaps(left, right) if kind in NUMBERS else ("NULL", "NULL")),
    ]
    return _one_row(connection, f"SELECT {', '.join(parts)} FROM {pairs}")


def _one_row(connection: "duckdb.DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def first_differences(
    connection: "duckdb.DuckDBPyConnection", pairs: str, columns: Iterable[tuple[str, str]]
) -> list[Difference]:
    """
    The first rows that differ, oldest first; a few per column.

    :param columns: name and type of each column that is known to differ.
    """
    found = []
    for name, kind in columns:
        left, right = f"stored.{name}", f"expected.{name}"
        rows = connection.execute(
            f"SELECT stored.transaction_id, {left}, {right} FROM {pairs} "
            f"WHERE NOT {equal(left, right, kind)} "
            f"ORDER BY stored.event_ms, stored.transaction_id LIMIT {EXAMPLES}"
        ).fetchall()
        found += [Difference(row[0], name, row[1], row[2]) for row in rows]
    return found
