"""Where a job that is submitted begins: with the state it left, or with the topic."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from swipestream.database.connection import Database, open_database
from swipestream.database.queries import query
from swipestream.jobs import saved_states, submission, wanted_jobs
from swipestream.settings import FlinkSettings, TopicSettings
from swipestream.stack import flink
from swipestream.verify.reconcile.topic_identity import as_text, gone_before_read, note_topic
from swipestream.verify.topic_reading import Stretch, TopicReader


def state_left(settings: FlinkSettings, name: str) -> str:
    """
    The newest state that the job of that name left.

    :return: a checkpoint or savepoint; empty if it left none that is known here. Of a cluster of
        the user's own only Flink knows.
    """
    job = wanted_jobs.read(settings, name) if flink.embedded(settings) else None
    # The state of a job that was to end holds where it ends.
    return "" if job and job.bounded else saved_states.newest_state(settings, job)


@contextmanager
def known_topic(settings: TopicSettings) -> Iterator[tuple[Database, Stretch]]:
    """
    The database, which knows which topic has the name now, and what the topic holds.

    :raises ServiceError: Kafka or Postgres does not answer.
    """
    with (
        closing(TopicReader(settings, settings.payments_topic)) as reader,
        open_database(settings) as database,
    ):
        note_topic(settings, reader, database)
        yield database, reader.stretch()


def gone_unread(settings: TopicSettings, name: str) -> str:
    """
    What the topic no longer holds and nobody has read, as one line; empty if that is nothing.

    :raises ServiceError: Kafka or Postgres does not answer.
    """
    if submission.topic_of(settings, name) != settings.payments_topic:
        return ""
    with known_topic(settings) as (database, stretch):
        gone = gone_before_read(database, settings.payments_topic, stretch.begin)
    return as_text(settings.payments_topic, gone) if gone else ""


def decided_again(settings: TopicSettings, name: str) -> int:
    """
    How many stored payments a job would decide again that begins with the topic's oldest message.

    :return: 0 for a job that reads another topic.
    :raises JobError: there is no job of that name.
    :raises ServiceError: Kafka or Postgres does not answer.
    """
    submission.script_of(name)
    if submission.topic_of(settings, name) != settings.payments_topic:
        return 0
    with known_topic(settings) as (database, stretch):
        partitions = list(stretch.begin)
        row = database.execute(
            query("stored_within"),
            {
                "topic": settings.payments_topic,
                "partitions": partitions,
                "begins": [stretch.begin[number] for number in partitions],
                "ends": [stretch.end[number] for number in partitions],
            },
        ).fetchone()
    return int(row[0]) if row else 0
