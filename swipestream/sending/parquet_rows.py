"""Rows of a Parquet file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swipestream.sending.errors import InputFileError
from swipestream.sending.rows import BrokenRow, LineAccount, Row

ROWS_AT_ONCE = 8_192


class ParquetRows:
    """A Parquet file; fields of a struct are columns `outer.inner`."""

    def __init__(self, path: Path) -> None:
        """:raises InputFileError: damaged, or not readable."""
        self.path = path
        # A file without lines.
        self.account = LineAccount()
        self._done = 0
        with self._open() as file:
            self._total = file.metadata.num_rows
            self.columns: list[str] = _flat(file.schema_arrow.empty_table()).column_names

    def all_columns(self) -> list[str]:
        """Those of the schema."""
        return self.columns

    def _open(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise InputFileError(
                f"{self.path} cannot be read: {str(error).splitlines()[0]}", "is it complete?"
            ) from None

    def progress(self) -> tuple[int, int]:
        """How many rows of how many have been read."""
        return self._done, self._total

    def rows(self) -> Iterator[Row | BrokenRow]:
        """
        Each row.

        :raises InputFileError: a page is damaged.
        """
        import pyarrow as pa

        self._done = 0
        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                    table = _flat(pa.Table.from_batches([batch]))
                    columns = [column.to_pylist() for column in table.columns]
                    for values in zip(*columns, strict=True):
                        self._done += 1
                        yield Row(dict(zip(self.columns, values, strict=True)))
            except (pa.ArrowException, OSError, ValueError) as error:
                raise InputFileError(
                    f"{self.path} cannot be read after row {self._done:,}: "
                    f"{str(error).splitlines()[0]}",
                    "is it complete?",
                ) from None


def _flat(table: Any) -> Any:
    """The table without structs, and with times in microseconds, as Python has them."""
    import pyarrow as pa

    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    for number, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            column = table.column(number).cast(pa.timestamp("us", field.type.tz), safe=False)
            table = table.set_column(number, field.name, column)
    return table
