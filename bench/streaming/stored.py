"""What a system has stored so far, from queries that cost the database next to nothing."""

from typing import Any

import psycopg
from psycopg import sql

from bench.streaming.systems import TABLE
from swipestream.verify.parity.columns import RECOMPUTED, TAKEN

# Fractions, so that two ways of computing them may differ in the last digits.
RELATIVE_TOLERANCE = 1e-9
SCORE_TOLERANCE = 1e-6
REFERENCE = "reference_payments"
KEY = ("transaction_id", "card_id")
QUANTILES = [number / 100 for number in range(100)] + [0.999, 1.0]

NEWEST = sql.SQL(
    "SELECT kafka_offset FROM {} WHERE kafka_partition = %s ORDER BY kafka_offset DESC LIMIT 1"
)
SIZE = "SELECT pg_total_relation_size(%s::regclass)"
COUNT = sql.SQL("SELECT count(*) FROM {}")
LATENCY = """
SELECT
    count(*),
    percentile_cont(%(quantiles)s::float8[]) WITHIN GROUP (ORDER BY latency_ms)
FROM payment_latencies
WHERE event_time >= %(begin)s AND event_time < %(end)s
"""


class Stored:
    """Reads the table of scored payments."""

    def __init__(self, connection: psycopg.Connection, begin: dict[int, int]) -> None:
        """
        :param connection: in autocommit.
        :param begin: first offset by partition.
        """
        self._connection, self._begin = connection, begin
        self._table = sql.Identifier(TABLE)

    def passed(self) -> int:
        """Messages up to the newest stored one of each partition."""
        total = 0
        for partition, begin in self._begin.items():
            found = self._connection.execute(NEWEST.format(self._table), (partition,)).fetchone()
            total += found[0] + 1 - begin if found else 0
        return total

    def count(self) -> int:
        """Rows."""
        row = self._connection.execute(COUNT.format(self._table)).fetchone()
        return int(row[0]) if row else 0

    def table_bytes(self) -> int:
        """Of the table, with its indexes."""
        row = self._connection.execute(SIZE, (TABLE,)).fetchone()
        return int(row[0]) if row else 0

    def latencies(self, begin: Any, end: Any) -> tuple[int, list[float]]:
        """
        Of payments made in a span of time.

        :param begin: UTC without a zone, as `end`.
        :return: their number, and their latencies in milliseconds at `QUANTILES`.
        """
        values = {"quantiles": QUANTILES, "begin": begin, "end": end}
        row = self._connection.execute(LATENCY, values).fetchone()
        count, found = row if row else (0, None)
        return int(count), [float(value) for value in found or ()]

    def keep_as_reference(self) -> None:
        """Set the stored rows aside as the reference for other systems."""
        names = sql.SQL(", ").join(map(sql.Identifier, (*KEY, "score", *RECOMPUTED, *TAKEN)))
        self._connection.execute(
            sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(REFERENCE))
        )
        self._connection.execute(
            sql.SQL("CREATE UNLOGGED TABLE {} AS SELECT {} FROM {}").format(
                sql.Identifier(REFERENCE), names, self._table
            )
        )

    def differences(self) -> dict[str, int]:
        """
        Compare what is stored with the reference.

        :return: rows by column in which they differ, only columns in which any do; missing and
            surplus payments under "missing" and "extra".
        """
        checks: dict[str, sql.Composable] = {
            "missing": sql.SQL("new.transaction_id IS NULL"),
            "extra": sql.SQL("old.transaction_id IS NULL"),
        }
        both = sql.SQL("new.transaction_id IS NOT NULL AND old.transaction_id IS NOT NULL")
        for name, kind in {"score": "SCORE", **RECOMPUTED, **TAKEN}.items():
            column = sql.Identifier(name)
            if kind in ("DOUBLE", "SCORE"):
                bound: sql.Composable = (
                    sql.SQL("{tolerance}").format(tolerance=SCORE_TOLERANCE)
                    if kind == "SCORE"
                    else sql.SQL("{tolerance} * greatest(1, abs(old.{column}))").format(
                        tolerance=RELATIVE_TOLERANCE, column=column
                    )
                )
                differs = sql.SQL(
                    "(new.{0} IS NULL) <> (old.{0} IS NULL) OR abs(new.{0} - old.{0}) > {1}"
                ).format(column, bound)
            else:
                differs = sql.SQL("new.{0} IS DISTINCT FROM old.{0}").format(column)
            checks[name] = sql.SQL("{} AND ({})").format(both, differs)
        counts = sql.SQL(", ").join(
            sql.SQL("count(*) FILTER (WHERE {})").format(check) for check in checks.values()
        )
        row = self._connection.execute(
            sql.SQL("SELECT {} FROM {} AS old FULL JOIN {} AS new USING ({})").format(
                counts,
                sql.Identifier(REFERENCE),
                self._table,
                sql.SQL(", ").join(map(sql.Identifier, KEY)),
            )
        ).fetchone()
        found = dict(zip(checks, row or (), strict=True))
        return {name: count for name, count in found.items() if count}
