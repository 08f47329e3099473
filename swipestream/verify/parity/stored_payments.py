"""Bring scored payments from Postgres into DuckDB, with the history their windows need."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from swipestream.verify.parity.columns import STORED
from swipestream.verify.parity.duckdb_engine import choose_compared, create_stored_payments
from swipestream.verify.parity.feature_views import CARD_HISTORY

# A window sees nothing that is older than this, whatever the order in which it arrived. What was
# the newest of a card when a payment arrived is that payment, or newer and so among the rows.
HISTORY = timedelta(milliseconds=CARD_HISTORY.kept_ms)
NULL = r"\N"

# What arrived before the topic was recreated belongs to an earlier one: its places are now those of
# other messages, and the state that it was scored by is gone.
CHOOSE_CARDS = """
CREATE TEMPORARY TABLE parity_cards ON COMMIT DROP AS
SELECT card_id
FROM scored_payments
WHERE event_time >= %(since)s AND arrived_at >= (SELECT topic_begins_at(%(topic)s))
GROUP BY card_id
ORDER BY md5(card_id)
LIMIT %(cards)s
"""

ROWS = """
SELECT {columns}
FROM scored_payments AS p
INNER JOIN parity_cards AS c ON p.card_id = c.card_id
WHERE
    p.event_time >= %(history_from)s
    AND p.arrived_at >= (SELECT topic_begins_at(%(topic)s))
"""

OF_EARLIER_TOPIC = """
SELECT COUNT(*)
FROM scored_payments
WHERE event_time >= %(since)s AND arrived_at < (SELECT topic_begins_at(%(topic)s))
"""


def copy_stored_payments(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    topic: str,
    since: datetime | None = None,
    cards: int | None = None,
    on_rows: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """
    Fill the DuckDB table `stored_payments`, and say which of it is compared.

    :param postgres: in autocommit mode; one transaction is opened, so that all rows are of one
        moment.
    :param topic: payments of an earlier topic of that name are left out.
    :param folder: for a temporary file.
    :param since: UTC; only cards with a payment from then on, and their history. None: all.
    :param cards: so many cards only, chosen by a hash of their names.
    :param on_rows: told how many rows have come, and about how many there are.
    :return: payments that were left out because they are of an earlier topic.
    """
    begin = since or datetime(1970, 1, 1, tzinfo=UTC)
    parameters = {
        "since": begin.replace(tzinfo=None),
        "history_from": (begin - HISTORY if since else begin).replace(tzinfo=None),
        "cards": cards,
        "topic": topic,
    }
    path = folder / "stored_payments.csv"
    done = 0
    with (
        postgres.transaction(),
        postgres.cursor() as cursor,
        path.open("wb") as file,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        (of_earlier_topic,) = cursor.execute(OF_EARLIER_TOPIC, parameters).fetchone() or (0,)
        cursor.execute(CHOOSE_CARDS, parameters)
        cursor.execute("ANALYZE parity_cards")
        total = about(cursor) if not (since or cards) else 0
        names = sql.SQL(", ").join(sql.Identifier("p", name) for name in STORED)
        rows = sql.SQL(ROWS).format(columns=names)
        copy_rows = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, NULL {})").format(rows, NULL)
        with cursor.copy(copy_rows, parameters) as copy:
            for block in copy:
                file.write(block)
                done += 1
                if done % 10_000 == 0:
                    on_rows(done, total)
    load_csv(connection, path)
    choose_compared(connection, round(begin.timestamp() * 1000))
    path.unlink()
    return int(of_earlier_topic)


def about(cursor: psycopg.Cursor) -> int:
    """About how many rows `scored_payments` has, from the database's statistics."""
    found = cursor.execute(
        "SELECT reltuples::bigint FROM pg_class WHERE oid = 'scored_payments'::regclass"
    ).fetchone()
    return max(0, int(found[0])) if found else 0


def load_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make `stored_payments` of a file that Postgres wrote."""
    create_stored_payments(connection)
    if path.stat().st_size == 0:
        return
    connection.execute(
        "INSERT INTO stored_payments BY NAME SELECT * FROM read_csv(?, header = false, "
        "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', auto_detect = false, "
        f"nullstr = ?, columns = {STORED})",
        [str(path), NULL],
    )
