"""Reconciliation: every message of the topic is accounted for, or is named."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from swipestream.database.connection import Database, open_database
from swipestream.settings import KafkaSettings, TopicSettings
from swipestream.verify.parity.run import Steps, silent
from swipestream.verify.reconcile.ledger import MESSAGE, REDRIVEN, TABLES, TICK, Ledger
from swipestream.verify.reconcile.redriving import again, redrive
from swipestream.verify.reconcile.stored_places import note_stored, outcomes_at, wait_for_outcomes
from swipestream.verify.reconcile.ticks import is_tick
from swipestream.verify.reconcile.topic_identity import Gone, gone_before_read, note_topic
from swipestream.verify.topic_reading import Place, Stretch, TopicReader

# How long messages may be on their way before they count as unaccounted.
PATIENCE_SECONDS = 15.0
CHUNK_PLACES = 10_000


@dataclass
class Reconciliation:
    """
    What became of every message.

    :param counts: messages by outcome; each counts once.
    :param unaccounted: nothing is known of them, although later ones are stored.
    :param waiting: nothing is known of them, and nothing after them is stored either.
    :param doubled: two tables claim them.
    :param without_message: a table names them, and the topic holds nothing there.
    :param gone: what the topic no longer holds and no table knows of.
    :param known_since: when the topic was recreated, UTC in ISO format; what is stored from before
        is of an earlier one. Empty if none is known.
    :param moved: with --repair, where each message that was unaccounted was sent again to.
    :param repaired: what became of those, by outcome.
    :param unrepaired: new places of which nothing is known yet.
    """

    messages: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    unaccounted: list[Place] = field(default_factory=list)
    waiting: list[Place] = field(default_factory=list)
    doubled: list[Place] = field(default_factory=list)
    without_message: list[Place] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    known_since: str = ""
    moved: dict[Place, Place] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    unrepaired: list[Place] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything is accounted for, once."""
        return not (
            self.unaccounted
            or self.waiting
            or self.doubled
            or self.without_message
            or self.gone
            or self.unrepaired
        )


def reconcile(
    settings: TopicSettings,
    since: datetime | None = None,
    is_repair: bool = False,
    tell: Steps = silent,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Reconciliation:
    """
    Compare the topic with the tables.

    :param since: UTC; messages that arrived from then on. None: all the topic still holds.
    :param is_repair: send unaccounted messages again.
    :raises ServiceError: Kafka or Postgres does not answer.
    """
    begin = time.monotonic()
    topic = settings.payments_topic
    with closing(TopicReader(settings, topic)) as reader, open_database(settings) as database:
        known_since = note_topic(settings, reader, database)
        stretch = reader.stretch(since)
        ledger = read_topic(reader, stretch, tell)
        tell("reading the tables")
        note_stored(database, topic, stretch, ledger)
        wait_for_the_rest(database, topic, ledger, patience_seconds, tell)
        result = Reconciliation()
        result.known_since = known_since.isoformat(sep=" ") if known_since else ""
        lowest = reader.stretch().begin if since else stretch.begin
        from_its_begin = {p: low for p, low in lowest.items() if stretch.begin[p] == low}
        result.gone = [
            item
            for item in gone_before_read(database, topic, from_its_begin)
            # Where transactions end, offsets hold nothing.
            if item.offsets > ledger.longest_hole(item.partition)
        ]
        if is_repair:
            repair(settings, reader, database, ledger, result, patience_seconds, tell)
    result.messages = ledger.messages()
    result.counts = ledger.counts()
    result.unaccounted, result.waiting = ledger.unaccounted(), ledger.waiting()
    result.doubled, result.without_message = ledger.doubled(), ledger.without_message()
    result.seconds = time.monotonic() - begin
    return result


def read_topic(reader: TopicReader, stretch: Stretch, tell: Steps = silent) -> Ledger:
    """A ledger of the messages that are there."""
    ledger = Ledger(stretch)
    total = stretch.offsets
    tell("reading the topic", 0, total)
    for batch in reader.messages(stretch, lambda done: tell("reading the topic", done, total)):
        ticks: dict[int, list[int]] = {}
        others: dict[int, list[int]] = {}
        for message in batch:
            kind = ticks if is_tick(message.value()) else others
            kind.setdefault(message.partition() or 0, []).append(message.offset() or 0)
        for partition, offsets in ticks.items():
            ledger.note(MESSAGE | TICK, partition, offsets)
        for partition, offsets in others.items():
            ledger.note(MESSAGE, partition, offsets)
    return ledger


def wait_for_the_rest(
    database: Database, topic: str, ledger: Ledger, patience_seconds: float, tell: Steps
) -> None:
    """Give messages on their way the time to arrive."""
    until = time.monotonic() + patience_seconds
    while True:
        missing = [*ledger.unaccounted(), *ledger.waiting()]
        for begin in range(0, len(missing), CHUNK_PLACES):
            chunk = missing[begin : begin + CHUNK_PLACES]
            for place, outcome in outcomes_at(database, topic, chunk).items():
                ledger.note_places(TABLES[outcome], [place])
        missing = [*ledger.unaccounted(), *ledger.waiting()]
        if not missing or time.monotonic() >= until:
            return
        tell(f"waiting for {len(missing):,} messages on their way")
        time.sleep(0.5)


def repair(
    settings: KafkaSettings,
    reader: TopicReader,
    database: Database,
    ledger: Ledger,
    result: Reconciliation,
    patience_seconds: float,
    tell: Steps,
) -> None:
    """Send what is unaccounted again, and see what becomes of it."""
    lost = ledger.unaccounted()
    if not lost:
        return
    tell(f"sending {len(lost):,} messages again")
    messages = [again(place, message) for place, message in reader.at(lost) if message is not None]
    topic = settings.payments_topic
    result.moved = redrive(settings, topic, database, messages)
    ledger.note_places(REDRIVEN, result.moved)
    places = list(result.moved.values())
    outcomes = wait_for_outcomes(
        database,
        topic,
        places,
        patience_seconds,
        lambda count: tell(f"waiting for {count:,} messages sent again"),
    )
    result.repaired = dict(Counter(outcomes.values()))
    result.unrepaired = [place for place in places if place not in outcomes]
