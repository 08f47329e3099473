"""Whether payments that come are scored, and whether they come as they should."""

import time
from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import KafkaException

from swipestream.database.connection import Database, open_database
from swipestream.database.queries import query
from swipestream.jobs import submission, wanted_jobs
from swipestream.operate.job_health import SCORING_JOB, Found
from swipestream.settings import JobSettings, KafkaSettings, TopicSettings
from swipestream.stack import flink, kafka
from swipestream.verify.reconcile.ticks import is_tick
from swipestream.verify.reconcile.topic_identity import as_text, gone_before_read
from swipestream.verify.topic_reading import Stretch, TopicReader

# A payment that waits longer than that waits for something.
LONGEST_WAIT_SECONDS = 120
# A larger share of payments out of order is not chance.
MOST_BEHIND = 0.1
LEAST_PAYMENTS = 100
TIMESTAMP_TYPE, BY_THE_BROKER = "message.timestamp.type", "LogAppendTime"


def check_flow(settings: TopicSettings) -> Iterator[Found]:
    """
    What came is stored within minutes, and in the order of its cards' times.

    :raises ServiceError: Kafka or Postgres does not answer.
    """
    topic = settings.payments_topic
    with closing(TopicReader(settings, topic)) as reader:
        stretch = reader.stretch()
        with open_database(settings) as database:
            yield from gone(database, topic, stretch)
            yield flow_of(reader, stretch, database)
            yield from order(database)
    yield from held_up(settings, stretch.end)


def backlog(settings: TopicSettings) -> str:
    """
    Why the stream has enough to do.

    :return: how many payments wait and for how long; empty unless that is too long.
    :raises ServiceError: Kafka or Postgres does not answer.
    """
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        stretch = reader.stretch()
        with open_database(settings) as database:
            level, _, fact, _ = flow_of(reader, stretch, database)
    return "" if level == "ok" else fact


def flow_of(reader: TopicReader, stretch: Stretch, database: Database) -> Found:
    """How long the oldest message waits that no table knows of."""
    asked = {"topic": reader.topic, "partitions": list(stretch.begin)}
    rows = database.execute(query("stored_ends"), asked).fetchall()
    stored = {partition: offset for partition, offset, _ in rows if offset is not None}
    return flow(reader, stretch, stored, [ago for *_, ago in rows if ago is not None])


def flow(
    reader: TopicReader, stretch: Stretch, stored: dict[int, int], scored_ago: list[float]
) -> Found:
    """
    How long the oldest message waits that no table knows of.

    :param stored: by partition, the last offset that a table knows of.
    :param scored_ago: seconds since the last payment was scored, of each partition.
    """
    waiting = Stretch(
        {p: max(low, stored.get(p, low - 1) + 1) for p, low in stretch.begin.items()}, stretch.end
    )
    count = sum(max(0, end - waiting.begin[p]) for p, end in waiting.end.items())
    arrived = [
        message.timestamp()[1] / 1000
        for message in reader.first_messages(waiting, lambda message: not is_tick(message.value()))
    ]
    if not arrived:
        return "ok", "payments", "all that have come are decided", ""
    waits = max(0.0, time.time() - min(arrived))
    if waits <= LONGEST_WAIT_SECONDS:
        return "ok", "payments", f"up to {count:,} are on their way", ""
    fact = f"up to {count:,} wait, the oldest for {waits / 60:,.0f} min"
    if scored_ago and min(scored_ago) <= LONGEST_WAIT_SECONDS:
        return "warn", "payments", f"{fact}: a backlog is being read", "wait until it is read"
    since = f"for {min(scored_ago) / 60:,.0f} min" if scored_ago else "yet"
    hint = (
        f"if {SCORING_JOB} does not run, submit it; else read `swipestream logs flink-taskmanager`"
    )
    return "FAIL", "payments", f"none was scored {since}, although {fact}", hint


def held_up(settings: KafkaSettings, committed: dict[int, int]) -> Iterator[Found]:
    """
    A transaction that stays open, behind which nothing of its partition is read.

    :param committed: by partition, the offset from which on nothing is committed yet.
    """
    topic = settings.payments_topic
    with closing(TopicReader(settings, topic, with_uncommitted=True)) as reader:
        end = reader.stretch().end
        for message in reader.first_messages(Stretch(committed, end)):
            minutes = (time.time() - message.timestamp()[1] / 1000) / 60
            partition = message.partition() or 0
            count = end[partition] - committed[partition]
            if minutes * 60 > LONGEST_WAIT_SECONDS:
                fact = (
                    f"a transaction that is open for {minutes:,.0f} min holds up to {count:,} "
                    f"messages of partition {partition} back"
                )
                hint = "have its producer end it, or wait for its transaction.timeout.ms"
                yield "FAIL", "payments", fact, hint


def gone(database: Database, topic: str, stretch: Stretch) -> Iterator[Found]:
    """What was deleted before it was read."""
    found = gone_before_read(database, topic, stretch.begin)
    if found:
        hint = "keep messages longer than a job may be away: retention.ms of the topic"
        yield "warn", "payments", f"up to {as_text(topic, found)}", hint


def check_identity(settings: JobSettings) -> Iterator[Found]:
    """
    The topic is the one that the job began to read.

    :raises NotReadyError: the broker does not answer.
    """
    kafka.check(settings)
    for job in wanted_jobs.read_all(settings) if flink.embedded(settings) else []:
        topic = submission.topic_of(settings, job.name)
        found = kafka.topic_id(settings, topic)
        if job.topic_id and found and job.topic_id != found:
            hint = (
                f"`swipestream cancel {job.name}`, then `swipestream upgrade {job.name} --rebuild` "
                "reads what it holds now"
            )
            fact = f"was recreated since {job.name} began to read it: it may skip messages"
            yield "FAIL", f"topic {topic}", fact, hint


def order(database: Database) -> Iterator[Found]:
    """How many of the newest payments came behind a later one of their card."""
    found = database.execute(query("out_of_order")).fetchone()
    count, behind = found or (0, 0)
    if count < LEAST_PAYMENTS or behind <= MOST_BEHIND * count:
        return
    yield (
        "warn",
        "order",
        f"{behind / count:.0%} of the last {count:,} payments came behind a later one of their "
        "card (came_behind_ms)",
        "send payments as they are made, with card_id as the key, by one clock",
    )


def check_timestamps(settings: KafkaSettings) -> Iterator[Found]:
    """
    The broker stamps what arrives; a sender that does compares its clock with itself.

    :raises NotReadyError: the broker does not answer.
    """
    kafka.check(settings)
    for topic in (settings.payments_topic, settings.labels_topic):
        try:
            found = kafka.topic_setting(settings, topic, TIMESTAMP_TYPE)
        except KafkaException as error:
            hint = f"see that it is {TIMESTAMP_TYPE}={BY_THE_BROKER}"
            fact = f"its settings cannot be read: {error.args[0].str()}"
            yield "warn", f"topic {topic}", fact, hint
            continue
        if found != BY_THE_BROKER:
            yield (
                "warn",
                f"topic {topic}",
                f"{TIMESTAMP_TYPE}={found}: senders say themselves when a message arrived, so one "
                "whose clock is wrong is believed",
                f"set {TIMESTAMP_TYPE}={BY_THE_BROKER} on the topic",
            )
