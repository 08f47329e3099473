"""Up to where Postgres knows what became of each message: where a rebuilt job begins to write."""

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from flink_jobs.history import DAY_MS
from swipestream.database.connection import open_database
from swipestream.jobs.submission import Replay
from swipestream.settings import KafkaSettings, TopicSettings
from swipestream.verify.parity.feature_views import CARD_HISTORY
from swipestream.verify.parity.run import Steps, silent
from swipestream.verify.reconcile.run import read_topic, wait_for_the_rest
from swipestream.verify.reconcile.stored_places import note_stored
from swipestream.verify.reconcile.topic_identity import note_topic
from swipestream.verify.topic_reading import Place, Stretch, TopicReader

# What a card keeps, and a day for payments that were on their way.
HISTORY_DAYS = CARD_HISTORY.kept_ms // DAY_MS + 1
# How long messages that a running job has read may be on their way.
ON_THEIR_WAY_SECONDS = 15.0


@dataclass(frozen=True)
class Accounts:
    """
    What is known of a stretch of the topic.

    :param open_from: by partition, the lowest offset of which nothing is known; its end if none.
    :param lost: messages of which nothing is known although later ones are stored.
    """

    open_from: dict[int, int]
    lost: list[Place]


def now_ms() -> int:
    """UTC epoch milliseconds."""
    return round(time.time() * 1000)


def history_begin(until_ms: int) -> datetime:
    """Since when messages may matter to a payment that arrived then."""
    return datetime.fromtimestamp(until_ms / 1000 - HISTORY_DAYS * 86400, UTC)


def account(
    settings: TopicSettings,
    begin: dict[int, int] | None = None,
    since: datetime | None = None,
    tell: Steps = silent,
    patience_seconds: float = ON_THEIR_WAY_SECONDS,
) -> Accounts:
    """
    Compare the topic with the tables.

    :param begin: offsets up to which all is known.
    :param since: look at messages that arrived from then on; None: at all the topic holds.
    :param patience_seconds: how long messages on their way have time to be stored.
    :raises ServiceError: Kafka or Postgres does not answer.
    """
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        with open_database(settings) as database:
            note_topic(settings, reader, database)
        whole = reader.stretch(since)
        stretch = whole
        if begin is not None:
            stretch = Stretch(
                {p: max(low, begin.get(p, low)) for p, low in whole.begin.items()}, whole.end
            )
        with open_database(settings) as database:
            ledger = read_topic(reader, stretch, tell)
            tell("reading the tables")
            note_stored(database, settings.payments_topic, stretch, ledger)
            wait_for_the_rest(database, settings.payments_topic, ledger, patience_seconds, tell)
        lost = ledger.unaccounted()
        open_from = dict(stretch.end)
        for place in (*lost, *ledger.waiting()):
            open_from[place.partition] = min(open_from[place.partition], place.offset)
        return Accounts(open_from, lost)


def replay_for(settings: KafkaSettings, open_from: dict[int, int]) -> Replay:
    """
    How a job begins that is to write these offsets and all above them.

    :raises ServiceError: Kafka does not answer.
    """
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        end = reader.stretch().end
        places = [Place(p, offset) for p, offset in open_from.items() if offset < end[p]]
        times = [now_ms()]
        for _, message in reader.at(places):
            if message is not None:
                times.append(message.timestamp()[1])
    start_ms = round(history_begin(min(times)).timestamp() * 1000)
    # Partitions count from 0 without gaps. A newer partition is not listed and is written in full.
    write_from = ",".join(str(open_from.get(p, 0)) for p in range(max(open_from, default=0) + 1))
    return Replay(start_ms, write_from)


def replayed(settings: KafkaSettings, replay: Replay, open_from: dict[int, int]) -> dict[int, int]:
    """Of each partition of which the replay reads anything, the offset after the last it reads."""
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        begin = reader.stretch(datetime.fromtimestamp(replay.start_ms / 1000, UTC)).begin
        read = Stretch({p: begin.get(p, end) for p, end in open_from.items()}, open_from)
        return {p: last + 1 for p, last in reader.last_before(read).items()}


def missing_history(settings: KafkaSettings, start_ms: int) -> datetime | None:
    """Since when the topic has messages, if older ones of the replay are deleted; else None."""
    with closing(TopicReader(settings, settings.payments_topic)) as reader:
        stretch = reader.stretch()
        deleted = {p: low for p, low in stretch.begin.items() if low > 0}
        first = [
            message.timestamp()[1]
            for message in reader.first_messages(Stretch(deleted, stretch.end))
        ]
    newest = max(first, default=0)
    return datetime.fromtimestamp(newest / 1000, UTC) if newest > start_ms else None
