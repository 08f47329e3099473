"""Reading rows of CSV, JSONL and Parquet files, one format much like another."""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from swipestream.producing.errors import InputFileError

FORMATS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
OTHER_ENDINGS = {".ndjson": ".jsonl", ".json": ".jsonl", ".pq": ".parquet", ".txt": ".csv"}
# Keys are looked for in this many lines of a JSONL file.
LINES_FOR_KEYS = 100


@dataclass(frozen=True)
class BrokenRow:
    """A row that cannot even be read."""

    reason: str
    # What there is of it.
    text: str


class InputFile:
    """A file of rows; may be read more than once."""

    def __init__(self, path: Path) -> None:
        """
        :param path: the format is told from its name.
        :raises InputFileError: not there, not readable, or of no known format.
        """
        self.path = path
        endings = [ending.lower() for ending in path.suffixes]
        self.is_gzip = bool(endings) and endings[-1] == ".gz"
        plain = endings[:-1] if self.is_gzip else endings
        ending = plain[-1] if plain else ""
        self.format = OTHER_ENDINGS.get(ending, ending)
        if self.format not in FORMATS or (self.is_gzip and self.format == ".parquet"):
            raise InputFileError(
                f"{path} is of no known format", f"files may end in {', '.join(FORMATS)}"
            )
        if not path.is_file():
            raise InputFileError(f"{path} does not exist", "name a file of payments")
        self._raw: IO[bytes] | None = None
        self._rows_done = self._rows_total = 0
        try:
            self.columns = self._read_columns()
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise self._unreadable(error) from None
        if not self.columns:
            raise InputFileError(f"{path} is empty", "name a file with a header and rows")

    def _unreadable(self, error: Exception) -> InputFileError:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        return InputFileError(f"{self.path} cannot be read: {reason}", "is the file complete?")

    def _open(self) -> IO[str]:
        self._raw = raw = self.path.open("rb")
        stream: Any = gzip.GzipFile(fileobj=raw) if self.is_gzip else raw
        # A bad byte spoils its row, not the file.
        return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")

    def _read_columns(self) -> list[str]:
        if self.format == ".parquet":
            return list(self._parquet().schema_arrow.names)
        with self._open() as stream:
            if self.format == ".csv":
                header = next(csv.reader(stream), [])
                return [name.strip() for name in header]
            keys: dict[str, None] = {}
            for _, line in zip(range(LINES_FOR_KEYS), stream, strict=False):
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    keys.update(dict.fromkeys(row))
            return list(keys)

    def _parquet(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None

    def progress(self) -> tuple[int, int]:
        """How much of how much has been read, in bytes or rows."""
        if self.format == ".parquet":
            return self._rows_done, self._rows_total
        done = self._raw.tell() if self._raw and not self._raw.closed else 0
        return done, self.path.stat().st_size

    def rows(self) -> Iterator[Sequence[Any] | BrokenRow]:
        """
        Each row, values in the order of `columns`; missing ones are None.

        :raises InputFileError: the file ends in the middle, or is damaged.
        """
        readers = {".csv": self._csv_rows, ".jsonl": self._jsonl_rows, ".parquet": self._pq_rows}
        try:
            yield from readers[self.format]()
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise self._unreadable(error) from None

    def _csv_rows(self) -> Iterator[Sequence[Any] | BrokenRow]:
        width = len(self.columns)
        with self._open() as stream:
            reader = csv.reader(stream)
            next(reader, None)
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield BrokenRow(f"not CSV: {error}", "")
                    continue
                if len(row) == width:
                    yield row
                elif row:
                    yield BrokenRow(f"has {len(row)} values for {width} columns", ",".join(row))

    def _jsonl_rows(self) -> Iterator[Sequence[Any] | BrokenRow]:
        with self._open() as stream:
            for line in stream:
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    yield BrokenRow("not JSON", line.rstrip("\r\n"))
                    continue
                if isinstance(row, dict):
                    yield [row.get(name) for name in self.columns]
                else:
                    yield BrokenRow("not a JSON object", line.rstrip("\r\n"))

    def _pq_rows(self) -> Iterator[Sequence[Any] | BrokenRow]:
        file = self._parquet()
        self._rows_total, self._rows_done = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=8_192):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self._rows_done += 1
                yield row
