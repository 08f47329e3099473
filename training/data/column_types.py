"""Columns of a world's files in the types that the SQL needs, whatever wrote the files."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from training.errors import TrainingDataError

if TYPE_CHECKING:
    import duckdb

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
NUMBERS = (*INTEGERS, "UBIGINT", "HUGEINT", "FLOAT", "DOUBLE")
TRUE, FALSE = ("1", "true", "t", "yes", "y"), ("0", "false", "f", "no", "n")
# What a column is to be, and the types that do as they are; text, if it is not listed.
TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "is_fraud": ("BOOLEAN", ("BOOLEAN",)),
    "event_ms": ("BIGINT", INTEGERS),
    "labelled_ms": ("BIGINT", INTEGERS),
    "amount_cents": ("BIGINT", INTEGERS),
    "utc_offset_minutes": ("BIGINT", INTEGERS),
    "latitude": ("DOUBLE", ("FLOAT", "DOUBLE")),
    "longitude": ("DOUBLE", ("FLOAT", "DOUBLE")),
    "home_latitude": ("DOUBLE", ("FLOAT", "DOUBLE")),
    "home_longitude": ("DOUBLE", ("FLOAT", "DOUBLE")),
    "account_opened_at": (
        "TIMESTAMP",
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    ),
}
TEXT = ("VARCHAR", ("VARCHAR", "ENUM"))


def typed_columns(
    relation: "duckdb.DuckDBPyRelation", source: str, columns: tuple[str, ...]
) -> list[str]:
    """
    SQL that makes each column what it is to be, for those that are something else.

    0 and 1 become false and true, a time becomes milliseconds and the other way round, bytes and
    numbers become text where text belongs.

    :param relation: the file, with `file_row_number`.
    :param source: the file, for the message.
    :param columns: that must be there.
    :raises TrainingDataError: a value cannot be made into it; names file, column, row and value.
    """
    replaced = []
    for column, made in _conversions(relation, columns):
        wanted = TYPES.get(column, TEXT)[0]
        wrong = relation.filter(f"{column} IS NOT NULL AND ({made}) IS NULL")
        found = wrong.project(f"file_row_number + 1, CAST({column} AS VARCHAR)").limit(1).fetchall()
        if found:
            row, value = found[0]
            raise TrainingDataError(
                f"{source} has {str(value)[:40]!r} in column {column}, row {row:,}, which is no "
                f"{wanted.lower()}",
                f"write the column as {wanted}",
            )
        replaced.append(f"{made} AS {column}")
    return replaced


def _conversions(
    relation: "duckdb.DuckDBPyRelation", columns: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    for column in columns:
        wanted, fitting = TYPES.get(column, TEXT)
        found = types[column].partition("(")[0]
        if found not in fitting:
            yield column, _conversion(column, found, wanted)


def _conversion(column: str, found: str, wanted: str) -> str:
    """NULL where the value is nothing of the kind."""
    if found == "BLOB":
        column, found = f"decode({column})", "VARCHAR"
    if wanted == "BOOLEAN":
        text = f"regexp_replace(lower(trim(CAST({column} AS VARCHAR))), '\\.0$', '')"
        return f"CASE WHEN {text} IN {TRUE} THEN true WHEN {text} IN {FALSE} THEN false END"
    if wanted == "BIGINT" and found.startswith(("TIMESTAMP", "DATE")):
        return f"epoch_ms(CAST({column} AS TIMESTAMP))"
    if wanted == "BIGINT":
        # A cast alone rounds.
        number = f"TRY_CAST({column} AS DECIMAL(38, 9))"
        return f"CASE WHEN {number} = floor({number}) THEN TRY_CAST({column} AS BIGINT) END"
    if wanted == "TIMESTAMP" and found in NUMBERS:
        return f"epoch_ms(TRY_CAST({column} AS BIGINT))"
    return f"TRY_CAST({column} AS {wanted})"
