"""Which places of the topic the database knows of."""

import io
import time
from collections.abc import Callable, Sequence

import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from swipestream.database.connection import Database
from swipestream.database.queries import query
from swipestream.verify.reconcile.ledger import (
    CONFLICT,
    DUPLICATE,
    OUTCOMES,
    REDRIVEN,
    REJECTED,
    SCORED,
    Ledger,
)
from swipestream.verify.topic_reading import Place, Stretch

# A row of scored_payments belongs to the payments topic. A recreated topic counts from 0
# again, so what was stored before that is of other messages.
OF_THIS_TOPIC = "(arrived_at >= (SELECT topic_begins_at(%(topic)s))) IS NOT FALSE"
SOURCES = {
    SCORED: f"scored_payments WHERE {OF_THIS_TOPIC}",
    DUPLICATE: f"duplicate_payments WHERE kafka_topic = %(topic)s AND {OF_THIS_TOPIC}",
    CONFLICT: f"conflicting_payments WHERE kafka_topic = %(topic)s AND {OF_THIS_TOPIC}",
    REJECTED: f"rejected_payments WHERE kafka_topic = %(topic)s AND {OF_THIS_TOPIC}",
    REDRIVEN: "redriven_messages WHERE kafka_topic = %(topic)s "
    "AND redriven_at AT TIME ZONE 'UTC' >= (SELECT topic_begins_at(%(topic)s))",
}
# How long a message may be on its way.
PATIENCE_SECONDS = 15.0


def note_stored(database: Database, topic: str, stretch: Stretch, ledger: Ledger) -> None:
    """Enter everything the tables know of a stretch."""
    for flag, source in SOURCES.items():
        for partition, begin in stretch.begin.items():
            statement = sql.SQL(
                "COPY (SELECT kafka_offset FROM "  # type: ignore[arg-type]
                + source
                + " AND kafka_partition = %(partition)s AND kafka_offset >= %(begin)s "
                "AND kafka_offset < %(end)s) TO STDOUT (FORMAT csv)"
            )
            parameters = {
                "topic": topic,
                "partition": partition,
                "begin": begin,
                "end": stretch.end[partition],
            }
            buffer = io.BytesIO()
            with database.cursor() as cursor, cursor.copy(statement, parameters) as copy:
                for block in copy:
                    buffer.write(block)
            if buffer.tell():
                buffer.seek(0)
                offsets = csv.read_csv(
                    buffer,
                    read_options=csv.ReadOptions(column_names=["offset"]),
                    convert_options=csv.ConvertOptions(column_types={"offset": pa.int64()}),
                )["offset"]
                ledger.note(flag, partition, offsets.to_numpy())


def outcomes_at(database: Database, topic: str, places: Sequence[Place]) -> dict[Place, str]:
    """
    What became of some messages; those nothing is known of are left out.

    :return: one of scored, duplicate, conflict, rejected; the first of these if several tables
        claim a message.
    """
    parameters = {
        "topic": topic,
        "partitions": [place.partition for place in places],
        "offsets": [place.offset for place in places],
    }
    rank = list(OUTCOMES)
    found: dict[Place, str] = {}
    for partition, offset, outcome in database.execute(query("outcomes_at"), parameters):
        place = Place(partition, offset)
        found[place] = min(outcome, found.get(place, outcome), key=rank.index)
    return found


def wait_for_outcomes(
    database: Database,
    topic: str,
    places: Sequence[Place],
    patience_seconds: float = PATIENCE_SECONDS,
    on_open: Callable[[int], None] = lambda count: None,
) -> dict[Place, str]:
    """
    The same, once all are known or patience ends.

    :param on_open: told how many are not known yet.
    """
    until = time.monotonic() + patience_seconds
    while True:
        found = outcomes_at(database, topic, places)
        missing = len(places) - len(found)
        if not missing or time.monotonic() >= until:
            return found
        on_open(missing)
        time.sleep(0.5)
