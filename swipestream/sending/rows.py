"""Rows as they come out of a file, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Row:
    """One row: values by column, as the format has them."""

    values: Mapping[str, Any]
    # Where it begins, from 1; None in a format without lines.
    line: int | None = None


@dataclass(slots=True)
class BrokenRow:
    """A row that cannot even be read."""

    reason: str
    # What there is of it.
    text: str
    line: int | None = None


@dataclass
class LineAccount:
    """What became of each line of a text file; the parts add up to the lines."""

    lines: int = 0
    header: int = 0
    blank: int = 0
    rows: int = 0
    # Lines beyond the first of a row whose quoted text has line breaks, and the first such row.
    continued: int = 0
    first_continued: int | None = None

    @property
    def missing(self) -> int:
        """Lines that belong to nothing."""
        return self.lines - self.header - self.blank - self.rows - self.continued

    def add(self, other: "LineAccount") -> None:
        """Count those of another file, too."""
        self.lines += other.lines
        self.header += other.header
        self.blank += other.blank
        self.rows += other.rows
        self.continued += other.continued
        self.first_continued = self.first_continued or other.first_continued
