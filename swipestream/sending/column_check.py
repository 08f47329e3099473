"""Whether a file has the columns that a mapping needs; how its amounts and times are written."""

import itertools
from collections.abc import Iterable, Iterator

from swipestream.card_numbers import masked
from swipestream.sending.amounts import marks_of
from swipestream.sending.errors import InputFileError, MappingError
from swipestream.sending.field_kinds import is_without_zone, text_of
from swipestream.sending.input_files import InputFile
from swipestream.sending.mapper import column_of
from swipestream.sending.mapping import MappingFile
from swipestream.sending.rows import Row

MOST_COLUMNS_SHOWN = 40
# Times of a file are written alike, so its beginning tells.
ROWS_LOOKED_AT = 1_000
NO_ZONE = (
    "which name no time zone and are taken as UTC: name theirs in the mapping, "
    'zone = "UTC" or such as zone = "Europe/Berlin"'
)


def check_columns(file: InputFile, mapping: MappingFile, sections: Iterable[str]) -> None:
    """
    Find out before the first row is used.

    :raises MappingError: a column is missing, or there twice.
    """
    for section in sections:
        needed = mapping.columns(section)
        missing = needed - set(file.columns)
        if missing:
            missing = needed - file.all_columns()
        if missing:
            found = ", ".join(map(masked, file.columns[:MOST_COLUMNS_SHOWN]))
            raise MappingError(
                f"the mapping {mapping.name} needs the column {min(missing)}",
                f"{file.described} has {found}; choose or write another mapping with --mapping",
            )
        repeated = needed & file.repeated
        if repeated:
            raise MappingError(
                f"{file.path} has the column {min(repeated)} more than once",
                "rename all but the right one",
            )


def decimal_mark(file: InputFile, mapping: MappingFile, limit: int | None = None) -> str:
    """
    What stands before the fraction of the file's amounts: `.` or `,`.

    Read from all amounts that are texts, as 1.230 alone tells nothing.

    :param limit: look at that many rows only.
    :raises InputFileError: amounts contradict, or they could all be either.
    """
    columns = {
        name: column_of(name)
        for rules in mapping.sections.values()
        for rule in rules
        if rule.kind == "decimal" and rule.table is None
        for name in rule.columns
    }
    if not columns:
        return "."
    first: dict[str, str] = {}
    for number, row in enumerate(file.rows()):
        if number == limit:
            break
        if not isinstance(row, Row):
            continue
        for name, column in columns.items():
            value = column(row.values)
            if not isinstance(value, str):
                continue
            mark = marks_of(value.strip())
            if mark and mark not in first:
                where = "".join(f", {key} {at}" for key, at in file.place(row.line).items())
                first[mark] = f"'{masked(value.strip(), 60)}' ({masked(name)}{where})"
    hint = "say which mark is decimal: --decimal . or --decimal ,"
    if "." in first and "," in first:
        raise InputFileError(
            f"{file.path} has amounts such as {first['.']} and such as {first[',']}", hint
        )
    if "?" in first and len(first) == 1:
        raise InputFileError(
            f"{file.path} has amounts such as {first['?']} and none that tells whether the last "
            "three digits are a fraction",
            hint,
        )
    return "," if "," in first else "."


def said_of_times(file: InputFile, mapping: MappingFile) -> Iterator[str]:
    """
    Which times of payments and labels name no zone, so that they are taken as UTC, a line each.

    :raises InputFileError: the file ends in the middle, or is damaged.
    """
    for section in ("payment", "label"):
        for rule in mapping.sections.get(section, ()):
            if rule.kind != "time" or rule.table is not None or len(rule.columns) != 1:
                continue
            (name,) = rule.columns
            column = column_of(name)
            options = dict(rule.options)
            for row in itertools.islice(file.rows(), ROWS_LOOKED_AT):
                text = text_of(column(row.values)) if isinstance(row, Row) else None
                if text and is_without_zone(text, options):
                    yield f"{masked(name)} has times such as '{masked(text, 60)}', {NO_ZONE}"
                    break
