"""Rows into Postgres with COPY, the fastest way."""

import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv

STAGE = "incoming_rows"
# Whole numbers that may travel as floats because they may be unknown.
INTEGERS = ("local_hour", "local_weekday", "is_night", "is_foreign", "is_usual_device")
CSV = csv.WriteOptions(include_header=False)


class RowWriter:
    """One connection that adds or replaces rows of one table, always of the same columns."""

    def __init__(self, postgres: str, table: str) -> None:
        """:param table: like scored_payments, with its key."""
        self._connection = psycopg.connect(postgres)
        self._table = table
        self._merge = b""
        # To copy into a table, by its name.
        self._copies: dict[str, bytes] = {}

    def upsert(self, rows: pa.Table) -> None:
        """Add rows, replacing those with the same transaction_id and card_id, and commit."""
        if not self._merge:
            self._merge = self._prepare(rows.column_names)
        self._copy(STAGE, rows)
        self._connection.execute(self._merge)
        self._connection.commit()

    def _prepare(self, names: list[str]) -> bytes:
        columns = [sql.Identifier(name) for name in names]
        parts = {
            "stage": sql.Identifier(STAGE),
            "table": sql.Identifier(self._table),
            "columns": sql.SQL(", ").join(columns),
            "changes": sql.SQL(", ").join(
                sql.SQL("{0} = EXCLUDED.{0}").format(name) for name in columns
            ),
        }
        # Empty again after each commit; TRUNCATE would make Postgres plan the next merge again.
        self._connection.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE {stage} ON COMMIT DELETE ROWS "
                "AS SELECT {columns} FROM {table} LIMIT 0"
            ).format(**parts)
        )
        merge = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} "
            "ON CONFLICT (transaction_id, card_id) DO UPDATE SET {changes}"
        )
        return merge.format(**parts).as_bytes(self._connection)

    def _copy(self, target: str, rows: pa.Table) -> None:
        for name in INTEGERS:
            position = rows.schema.get_field_index(name)
            if pa.types.is_floating(rows.schema.field(position).type):
                whole = pa.array(rows[name].to_numpy(), from_pandas=True).cast(pa.int32())
                rows = rows.set_column(position, name, whole)
        if target not in self._copies:
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
                sql.Identifier(target), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
            )
            # Putting it together takes longer than to copy some rows.
            self._copies[target] = statement.as_bytes(self._connection)
        text = io.BytesIO()
        csv.write_csv(rows, text, CSV)
        with self._connection.cursor() as cursor, cursor.copy(self._copies[target]) as copy:
            copy.write(text.getbuffer())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class WriteBehind:
    """Lets a writer store one batch while the next is made."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, "write-behind")
        self._last: Future[None] | None = None

    def upsert(self, rows: pa.Table) -> None:
        """Start to store rows, once earlier ones are stored; raises what went wrong with those."""
        self.wait()
        self._last = self._thread.submit(self._writer.upsert, rows)

    def wait(self) -> None:
        """Wait until all rows are stored; raises what went wrong."""
        if self._last is not None:
            self._last.result()
            self._last = None
