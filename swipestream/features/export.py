"""Features as they were scored, with what is known of each payment by now, as a file."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from swipestream.errors import SwipestreamError
from swipestream.models.bundles import features_in_force
from swipestream.settings import HomeSettings
from swipestream.verify.parity.columns import STORED

NULL = r"\N"
FORMATS = {".parquet": "FORMAT parquet, COMPRESSION zstd", ".csv": "FORMAT csv, HEADER"}
KEYS = ("transaction_id", "card_id", "event_time")
BEHIND = ("score", "model_version", "pipeline_version")
LABELS = {"is_fraud": "BOOLEAN", "labelled_at": "TIMESTAMPTZ", "label_source": "VARCHAR"}
COUNT = (
    "SELECT COUNT(*) FROM scored_payments WHERE event_time >= %(begin)s AND event_time < %(end)s"
)
ROWS = """
SELECT {columns}
FROM scored_payments AS p
WHERE p.event_time >= %(begin)s AND p.event_time < %(end)s
ORDER BY p.event_time, p.transaction_id, p.card_id
"""
# The newest label counts, and of equally new ones the one that says fraud.
ROWS_WITH_LABELS = """
SELECT {columns}, l.is_fraud, l.labelled_at, l.source
FROM scored_payments AS p
LEFT JOIN LATERAL (
    SELECT known.is_fraud, known.labelled_at, known.source
    FROM labels AS known
    WHERE known.transaction_id = p.transaction_id
    ORDER BY known.labelled_at DESC, known.is_fraud DESC, known.source
    LIMIT 1
) AS l ON TRUE
WHERE p.event_time >= %(begin)s AND p.event_time < %(end)s
ORDER BY p.event_time, p.transaction_id, p.card_id
"""


def export_features(
    settings: HomeSettings,
    postgres: psycopg.Connection[TupleRow],
    begin: datetime,
    end: datetime,
    out: Path,
    with_labels: bool,
    on_rows: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """
    Write the payments of a span of time, oldest first: keys, features, score, versions.

    A value is the one that the model was given when the payment was scored, whatever became known
    later.

    :param postgres: in autocommit mode; all rows are of one moment.
    :param begin: UTC; payments from then on.
    :param end: UTC; and before that.
    :param out: appears complete or not at all; ends with one of `FORMATS`.
    :param on_rows: told how many have come, of how many.
    :return: payments written.
    :raises SwipestreamError: there is nothing to write, or the file cannot be written.
    """
    if out.suffix not in FORMATS:
        raise SwipestreamError(
            f"{out} is neither {' nor '.join(FORMATS)}", "let the file's name end with one of them"
        )
    if out.exists():
        raise SwipestreamError(f"{out} exists", "remove it, or name another file")
    if not out.parent.is_dir():
        raise SwipestreamError(f"{out.parent} is not a folder", "make it first")
    if begin >= end:
        raise SwipestreamError(
            f"--from {begin:%Y-%m-%d %H:%M} is not before --to {end:%Y-%m-%d %H:%M}", "swap them"
        )
    names = [*KEYS, *features_in_force(settings), *BEHIND]
    kinds = {name: STORED[name] for name in names} | (LABELS if with_labels else {})
    window = {"begin": begin.replace(tzinfo=None), "end": end.replace(tzinfo=None)}
    columns = sql.SQL(", ").join(sql.Identifier("p", name) for name in names)
    rows = sql.SQL(ROWS_WITH_LABELS if with_labels else ROWS).format(columns=columns)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
        text = Path(folder) / "rows.csv"
        with postgres.transaction(), postgres.cursor() as cursor, text.open("wb") as file:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            (total,) = cursor.execute(COUNT, window).fetchone() or (0,)
            if not total:
                raise SwipestreamError(
                    f"no payment is stored from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
                    "`swipestream status` says whether payments are scored",
                )
            statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL {})").format(rows, NULL)
            with cursor.copy(statement, window) as copy:
                for done, block in enumerate(copy, start=1):
                    file.write(block)
                    if done % 10_000 == 0:
                        on_rows(done, total)
        written = Path(folder) / f"rows{out.suffix}"
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(
                "COPY (SELECT * FROM read_csv(?, header = false, delim = ',', quote = '\"', "
                "escape = '\"', new_line = '\\n', auto_detect = false, "
                f"nullstr = '{NULL}', columns = {kinds})) "
                f"TO '{str(written).replace(chr(39), chr(39) * 2)}' ({FORMATS[out.suffix]})",
                [str(text)],
            )
        written.rename(out)
    return int(total)
