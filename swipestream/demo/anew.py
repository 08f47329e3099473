"""Starting a new world for the demo beside existing payments, which stay."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg

from swipestream.database.queries import query
from swipestream.jobs import submission
from swipestream.jobs.upgrade.accounts import now_ms
from swipestream.settings import HomeSettings, TopicSettings
from swipestream.verify.topic_reading import Stretch, TopicReader, topic_stretch

# Takes why a world cannot be continued; returns whether to start a new one.
MayBegin = Callable[[str], bool]


@dataclass(frozen=True)
class Played:
    """
    The world that the demo has played here.

    :param end_ms: when its history ends, UTC epoch milliseconds.
    :param is_whole: whether the job has read its history.
    """

    seed: int
    cards: int
    end_ms: int
    is_whole: bool


def ask(reason: str) -> bool:
    """Whether somebody at a terminal wants a new world; False without a terminal."""
    question = f"The demo would start a new world beside existing payments: {reason}. Do that?"
    return sys.stdin.isatty() and click.confirm(question, err=True)


def stage_file(settings: HomeSettings) -> Path:
    """Where that is written down."""
    return settings.state_dir / "run" / "demo.json"


def played(settings: HomeSettings) -> Played | None:
    """What was played here; None if nothing was."""
    try:
        return Played(**json.loads(stage_file(settings).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def note(settings: HomeSettings, world: Played) -> None:
    """Write down what is played."""
    stage_file(settings).write_text(json.dumps(vars(world)))


def what_is_there(settings: TopicSettings) -> str:
    """What a new world would come beside; empty if nothing is there."""
    with psycopg.connect(settings.postgres_url) as connection:
        row = connection.execute(query("newest_stored")).fetchone()
    has_rows = row is not None and row[0] is not None
    messages = topic_stretch(settings, settings.payments_topic).offsets
    found = [
        *(["the tables hold payments"] if has_rows else []),
        *([f"the topic {settings.payments_topic} holds messages"] if messages else []),
    ]
    return " and ".join(found)


def from_now_on(settings: TopicSettings) -> submission.Replay:
    """
    How a job begins that passes over all that any table knows of, and reads the rest.

    :raises ServiceError: Kafka does not answer.
    """
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        stretch = reader.stretch()
        with psycopg.connect(settings.postgres_url) as connection:
            rows = connection.execute(
                query("stored_ends"),
                {"topic": settings.payments_topic, "partitions": list(stretch.begin)},
            ).fetchall()
        stored = {partition: offset for partition, offset, _ in rows if offset is not None}
        begin = {p: max(low, stored.get(p, low - 1) + 1) for p, low in stretch.begin.items()}
        waiting = reader.first_messages(Stretch(begin, stretch.end))
    start_ms = min([now_ms(), *(message.timestamp()[1] for message in waiting)])
    write_from = ",".join(str(begin.get(p, 0)) for p in range(max(begin) + 1))
    return submission.Replay(start_ms, write_from)
