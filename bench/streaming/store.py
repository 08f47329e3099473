"""`python -m bench.streaming.store`: PostgreSQL's CPU for storing payments, added or merged."""

import struct
from collections.abc import Callable, Iterator

import click
import psutil
import psycopg
from psycopg import sql
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings

TABLE = sql.Identifier("scored_payments")
KEY = ("transaction_id", "card_id")
# The database fills it in.
NOT_SENT = "stored_at"
# Values as they are in a replay; every other column gets some of its type.
CARDS, MERCHANTS = 50_000, 3_000
VALUES = {
    "transaction_id": "'p-7-1a21526e400-' || LPAD(n::text, 8, '0')",
    "card_id": f"MD5((n * 7919::bigint % {CARDS})::text)",
    "customer_id": f"'c' || LPAD((n * 7919::bigint % {CARDS})::text, 6, '0')",
    "merchant_id": f"'m' || LPAD((n % {MERCHANTS})::text, 6, '0')",
    "channel": "'pos'",
    "decision": "'approve'",
    "event_time": "TIMESTAMP '2026-11-01' + n * INTERVAL '1 second'",
    "kafka_partition": "n % 4",
    "kafka_offset": "n / 4",
}
OF_TYPE = {
    "bigint": "n * 37 % 100000",
    "integer": "n % 50",
    "double precision": "RANDOM()",
    "boolean": "n % 2 = 0",
    "text": "'m-20261201'",
    "timestamp(3) without time zone": "TIMESTAMP '2026-12-01' + n * INTERVAL '1 millisecond'",
}
COPY_HEADER = 19
NULL = struct.pack(">i", -1)


class RowArray(bytes):
    """An array of the table's rows in PostgreSQL's binary form, as the sink sends it."""


class RowArrayDumper(Dumper):
    """Passes such an array on; the server takes its type from the statement."""

    format = Format.BINARY

    def dump(self, obj: RowArray) -> Buffer:
        """The bytes themselves."""
        return bytes(obj)


def rows_of(copied: bytes) -> Iterator[list[bytes]]:
    """The fields of each row of a binary COPY, each with its length before it."""
    at = COPY_HEADER
    (count,) = struct.unpack_from(">h", copied, at)
    while count >= 0:
        at += 2
        fields = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", copied, at)
            end = at + 4 + max(length, 0)
            fields.append(copied[at:end])
            at = end
        yield fields
        (count,) = struct.unpack_from(">h", copied, at)


def row_array(copied: bytes, row_type: int, types: dict[str, int]) -> RowArray:
    """
    A batch as one parameter.

    :param types: the OID of each column's type, in the table's order.
    """
    rows = []
    for fields in rows_of(copied):
        fields.insert(list(types).index(NOT_SENT), NULL)
        columns = zip(types.values(), fields, strict=True)
        row = b"".join(struct.pack(">I", kind) + field for kind, field in columns)
        rows.append(struct.pack(">ii", 4 + len(row), len(types)) + row)
    return RowArray(struct.pack(">iiIii", 1, 0, row_type, len(rows), 1) + b"".join(rows))


class Payments:
    """
    Payments as they come in a replay, in batches that are made in advance.

    :param connection: to an empty table; a temporary table of it holds them.
    :param rows: of a batch.
    """

    def __init__(self, connection: psycopg.Connection, payments: int, rows: int) -> None:
        self.connection, self.payments = connection, payments
        (self.row_type,) = connection.execute(
            "SELECT reltype::bigint FROM pg_class WHERE oid = 'scored_payments'::regclass"
        ).fetchone() or (0,)
        catalog = connection.execute(
            "SELECT attname, FORMAT_TYPE(atttypid, atttypmod), atttypid::bigint FROM pg_attribute "
            "WHERE attrelid = 'scored_payments'::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum"
        ).fetchall()
        self.types = {name: oid for name, _, oid in catalog}
        sent = {name: kind for name, kind, _ in catalog if name != NOT_SENT}
        self.columns = sql.SQL(", ").join(map(sql.Identifier, sent))
        values = ", ".join(
            f"CAST({VALUES.get(name) or OF_TYPE[kind]} AS {kind}) AS {name}"
            for name, kind in sent.items()
        )
        connection.execute(
            f"CREATE TEMPORARY TABLE payment AS SELECT n, {values} "  # type: ignore[arg-type]
            f"FROM GENERATE_SERIES(1, {payments}) AS n"
        )
        connection.execute("CREATE INDEX ON payment (n)")
        self.copies = [self._copied(first, rows) for first in range(1, payments + 1, rows)]

    def _copied(self, first: int, rows: int) -> bytes:
        query = sql.SQL(
            "COPY (SELECT {} FROM payment WHERE n BETWEEN {} AND {}) TO STDOUT (FORMAT binary)"
        ).format(self.columns, first, first + rows - 1)
        with self.connection.cursor().copy(query) as copy:
            return b"".join(copy)

    def seconds(self, store: Callable[[], None]) -> float:
        """CPU seconds of the server per million payments, into an empty table."""
        self.connection.execute(sql.SQL("TRUNCATE {}").format(TABLE))
        server = psutil.Process(self.connection.info.backend_pid)
        before = sum(server.cpu_times()[:2])
        store()
        return float(sum(server.cpu_times()[:2]) - before) * 1e6 / self.payments

    def add(self) -> None:
        """Add each batch with COPY."""
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(TABLE, self.columns)
        for batch in self.copies:
            with self.connection.cursor().copy(statement) as copy:
                copy.write(batch)

    def merge(self) -> Callable[[], None]:
        """What merges each batch with one INSERT, as for rows that may be there already."""
        statement = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM UNNEST(%s::{table}[]) "
            "ON CONFLICT ({key}) DO UPDATE SET amount_cents = EXCLUDED.amount_cents"
        ).format(
            table=TABLE, columns=self.columns, key=sql.SQL(", ").join(map(sql.Identifier, KEY))
        )
        arrays = [row_array(batch, self.row_type, self.types) for batch in self.copies]

        def run() -> None:
            for batch in arrays:
                self.connection.execute(statement, [batch], prepare=True)

        return run


@click.command()
@click.option("--payments", default=200_000, show_default=True, type=click.IntRange(1_000))
@click.option(
    "--rows",
    default=(16, 50, 500, 2_500),
    show_default=True,
    multiple=True,
    type=click.IntRange(1),
    help="Payments of a batch; may be given several times.",
)
def main(payments: int, rows: tuple[int, ...]) -> None:
    """Store payments in a temporary PostgreSQL; print its CPU seconds per million."""
    settings = Settings.load()
    click.echo("CPU seconds of the server per million payments")
    click.echo(f"{'rows a batch':>12} {'COPY':>8} {'merge':>8}")
    for size in rows:
        with (
            throw_away_postgres(settings) as own,
            psycopg.connect(own.postgres_url, autocommit=True) as connection,
        ):
            connection.adapters.register_dumper(RowArray, RowArrayDumper)
            made = Payments(connection, payments, size)
            merge = made.merge()
            click.echo(f"{size:>12,} {made.seconds(made.add):8.1f} {made.seconds(merge):8.1f}")


if __name__ == "__main__":
    main()
