"""Which topic of its name is read, and what of it was deleted before anybody read it.

A message is known by its topic's identifier, its partition and its offset. Of an identifier it is
noted since when it counts; what was stored before is of an earlier topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from swipestream.database.connection import Database
from swipestream.database.queries import query
from swipestream.settings import KafkaSettings
from swipestream.stack import kafka
from swipestream.verify.topic_reading import TopicReader

EPOCH = datetime(1970, 1, 1)
NOTED = "SELECT topic_id FROM topic_beginnings WHERE kafka_topic = %s ORDER BY noted_at DESC"
NOTE = "INSERT INTO topic_beginnings VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
BEGIN = "SELECT topic_begins_at(%s)"


@dataclass(frozen=True)
class Gone:
    """
    Offsets that the topic no longer holds and that no table knows of.

    :param begin: the first of them.
    :param end: the one after the last, where the topic begins now.
    """

    partition: int
    begin: int
    end: int

    @property
    def offsets(self) -> int:
        """How many; those that ended transactions held no message."""
        return self.end - self.begin


def note_topic(settings: KafkaSettings, reader: TopicReader, database: Database) -> datetime | None:
    """
    Note which topic has the name now, if that is new.

    :return: since when it is known, UTC, if an earlier one had the name; else None.
    :raises ServiceError: Kafka does not answer.
    """
    topic = reader.topic
    now_id = kafka.topic_id(settings, topic)
    noted = [row[0] for row in database.execute(NOTED, [topic])]
    if now_id and now_id not in noted:
        begins_at = first_arrival(reader) if noted else EPOCH
        database.execute(NOTE, [topic, now_id, begins_at])
    (begins_at,) = database.execute(BEGIN, [topic]).fetchone() or (EPOCH,)
    return begins_at if begins_at > EPOCH else None


def first_arrival(reader: TopicReader) -> datetime:
    """When the first message arrived that the topic holds, UTC; now if it holds none."""
    first = reader.first_messages(reader.stretch())
    times = [datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC) for message in first]
    return min([*times, datetime.now(UTC)]).replace(tzinfo=None)


def gone_before_read(database: Database, topic: str, begin: dict[int, int]) -> list[Gone]:
    """
    What was deleted from the topic before it was read, as far as known: what lies between the
    last offset that a table knows of and the beginning of the partition.

    :param begin: the topic's first offset, by partition.
    """
    rows = database.execute(
        query("stored_before"),
        {"topic": topic, "partitions": list(begin), "begins": list(begin.values())},
    ).fetchall()
    return [
        Gone(partition, offset + 1, begin[partition])
        for partition, offset in sorted(rows)
        if offset is not None and offset + 1 < begin[partition]
    ]


def as_text(topic: str, gone: Sequence[Gone]) -> str:
    """One line about what is gone."""
    count = sum(item.offsets for item in gone)
    where = ", ".join(f"{item.partition}:{item.begin} to {item.end - 1}" for item in gone)
    return f"{count:,} messages of {topic} were deleted before they were read: {where}"
