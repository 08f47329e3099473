"""Files and folders of rows, one format much like another; what a file is, its content tells."""

import contextlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from swipestream.sending.csv_rows import CsvRows
from swipestream.sending.errors import InputFileError
from swipestream.sending.json_rows import JsonLines, JsonValues, is_json_lines
from swipestream.sending.parquet_rows import ParquetRows
from swipestream.sending.rows import BrokenRow, LineAccount, Row
from swipestream.sending.text_source import TextSource

PARQUET_MARK = b"PAR1"
ZIP_MARK = b"PK"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# What Hive and Spark call the folder of rows without a value.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class TextForm:
    """What is said of a text file; None is to be found out."""

    encoding: str | None = None
    delimiter: str | None = None


class Rows(Protocol):
    """One file of some format."""

    columns: list[str]
    account: LineAccount

    def all_columns(self) -> list[str]:
        """All that a row may have."""

    def rows(self) -> Iterator[Row | BrokenRow]:
        """Each row, from the first."""


@dataclass
class Part:
    """One file, and what the names of its folders say of its rows."""

    path: Path
    rows: Rows
    text: TextSource | None
    folder_values: dict[str, str | None]

    @property
    def columns(self) -> list[str]:
        """Of the file and of its folders."""
        return [*self.rows.columns, *self.folder_values]


class InputFile:
    """A file of rows, or a folder of part files; may be read more than once."""

    def __init__(self, path: Path, form: TextForm | None = None) -> None:
        """
        :param form: of text files.
        :raises InputFileError: not there, not readable, or of no known format.
        """
        self.path = path
        if not path.exists():
            raise InputFileError(f"{path} does not exist", "name a file of payments")
        self.is_folder = path.is_dir()
        paths = _part_paths(path) if self.is_folder else [path]
        if not paths:
            raise InputFileError(f"the folder {path} has no files of rows", "name another")
        self.parts = [_opened(one, path, form or TextForm()) for one in paths]
        self._part = self.parts[0]
        self._parts_begun = 0
        self.columns = list(dict.fromkeys(name for part in self.parts for name in part.columns))
        if not self.columns:
            raise InputFileError(f"{path} is empty", "name a file with a header and rows")
        # A column that is named twice could be either.
        self.repeated = {
            name for part in self.parts for name in part.columns if part.columns.count(name) > 1
        }

    def all_columns(self) -> set[str]:
        """Columns of all rows: the keys of a JSON file may first appear in its last one."""
        found = set(self.columns)
        for part in self.parts:
            with _readable(part.path):
                found.update(part.rows.all_columns())
        return found

    @property
    def account(self) -> LineAccount:
        """What became of the lines read so far."""
        account = LineAccount()
        for part in self.parts[: self._parts_begun]:
            account.add(part.rows.account)
        return account

    def place(self, line: int | None) -> dict[str, str | int]:
        """Where a row that was just read is: its line, and its file if there are several."""
        place: dict[str, str | int] = {}
        if self.is_folder:
            place["file"] = str(self._part.path.relative_to(self.path))
        if line is not None:
            place["line"] = line
        return place

    @property
    def described(self) -> str:
        """The file, and by what its columns were separated."""
        rows = self.parts[0].rows
        if not isinstance(rows, CsvRows):
            return "the file"
        return (
            f"the file, with {DELIMITER_NAMES.get(rows.delimiter, rows.delimiter)} between values,"
        )

    def said_of_text(self) -> list[str]:
        """What was found out of the form of its texts and may be wrong."""
        guessed = [part for part in self.parts if part.text and part.text.is_guess]
        if not guessed:
            return []
        return [
            f"{guessed[0].path} is not UTF-8 and is read as {guessed[0].text.encoding}; "  # type: ignore[union-attr]
            "if names look wrong, name another with --encoding"
        ]

    def progress(self) -> tuple[int, int]:
        """How much of how much of the file, or of the part that is being read, has been read."""
        part = self._part
        return part.rows.progress() if isinstance(part.rows, ParquetRows) else part.text.progress()  # type: ignore[union-attr]

    def rows(self) -> Iterator[Row | BrokenRow]:
        """
        Each row.

        :raises InputFileError: a file ends in the middle, or is damaged.
        """
        for number, part in enumerate(self.parts, start=1):
            self._part, self._parts_begun = part, number
            with _readable(part.path):
                for row in part.rows.rows():
                    if part.folder_values and isinstance(row, Row):
                        row.values = part.folder_values | dict(row.values)
                    yield row
            account = part.rows.account
            if account.missing:
                raise InputFileError(
                    f"{part.path}: {account.missing:,} of {account.lines:,} lines belong to no row",
                    "this is a mistake of the program: please report it with the file's form",
                )


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Make errors of reading one line that names the file."""
    try:
        yield
    except UnicodeDecodeError:
        raise InputFileError(
            f"{path} is not text in the encoding that was named", "name another with --encoding"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputFileError(f"{path} cannot be read: {reason}", "is the file complete?") from None


def _opened(path: Path, root: Path, form: TextForm) -> Part:
    folder_values: dict[str, str | None] = {}
    for name in path.relative_to(root).parts[:-1]:
        key, sign, value = name.partition("=")
        if sign:
            folder_values[unquote(key)] = None if value == NO_VALUE else unquote(value)
    with _readable(path):
        with path.open("rb") as stream:
            head = stream.read(4)
        if head == PARQUET_MARK or path.suffix == ".parquet":
            return Part(path, ParquetRows(path), None, folder_values)
        if head.startswith(ZIP_MARK):
            raise InputFileError(
                f"{path} is of no known format: a spreadsheet or an archive",
                "save it as CSV, or unpack it",
            )
        text = TextSource(path, form.encoding)
        return Part(path, _text_rows(text, form), text, folder_values)


def _text_rows(text: TextSource, form: TextForm) -> Rows:
    with text.open() as stream:
        begin = stream.read(4096).lstrip()
    if begin.startswith("["):
        inside = begin[1:].lstrip()[:1]
        # A header may be in brackets, too.
        if inside in ("{", "]"):
            return JsonValues(text)
    if begin.startswith("{") and not is_json_lines(text):
        return JsonValues(text)
    names = [ending.lower() for ending in text.path.suffixes]
    if begin.startswith("{") or any(name in JSON_ENDINGS for name in names):
        return JsonLines(text)
    return CsvRows(text, form.delimiter)


def _part_paths(folder: Path) -> list[Path]:
    """
    Files with rows, in the order of their names.

    Spark and Hive put marks and checksums beside them, named _SUCCESS or .part-0.crc.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.stat().st_size
        and not any(name.startswith(("_", ".")) for name in path.relative_to(folder).parts)
    )
