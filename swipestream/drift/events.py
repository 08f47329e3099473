"""The table `drift_events`: what was noticed, once each, and the messages about it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from swipestream.database.queries import query
from swipestream.drift.firing import Firing
from swipestream.drift.readings import BinNames, Key
from swipestream.drift.wording import described
from swipestream.sending.sender import Sender
from swipestream.settings import TopicSettings

DRIFT, DATA_QUALITY, ATTACK, RETRAINING = "drift", "data quality", "attack", "retraining"
# A payment that came late may move a firing by a period: it is the same one.
SAME_WITHIN_PERIODS = 3
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Event:
    """
    One row.

    :param kind: `DRIFT`, `DATA_QUALITY`, `ATTACK` or `RETRAINING`.
    :param subject: a feature or a merchant; empty for what is about all payments.
    :param began_at: since when payments are different, UTC without a zone, as the other times.
    :param ended_at: None while it lasts.
    :param text: one line for people.
    """

    event_id: str
    kind: str
    signal: str
    subject: str
    model_version: str | None
    began_at: datetime
    fired_at: datetime
    ended_at: datetime | None
    value: float | None
    limit_value: float | None
    text: str

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.signal, self.subject


def event_of(firing: Firing, names: BinNames) -> Event:
    """The event that a firing is."""
    reading = firing.reading
    about = "/".join(filter(None, (reading.signal, reading.subject, reading.model_version)))
    return Event(
        event_id=f"{about}/{firing.fired_at:%Y-%m-%dT%H}".replace(" ", "-"),
        kind=reading.kind,
        signal=reading.signal,
        subject=reading.subject,
        model_version=reading.model_version,
        began_at=firing.began_at,
        fired_at=firing.fired_at,
        ended_at=firing.ended_at,
        value=reading.value,
        limit_value=reading.limit,
        text=described(reading, names),
    )


def events(database: psycopg.Connection[Any], since: datetime = EPOCH) -> list[Event]:
    """
    What was noticed, the oldest first.

    :param since: UTC without a zone; what is open is always there.
    """
    with database.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(query("drift_events"), {"since": since}).fetchall()


def open_events(database: psycopg.Connection[Any]) -> list[Event]:
    """What is not over yet."""
    return [event for event in events(database) if event.ended_at is None]


def note(database: psycopg.Connection[Any], event: Event) -> bool:
    """
    Note an event, or its end.

    :return: whether something is new.
    """
    return bool(database.execute(query("note_drift_event"), asdict(event)).rowcount)


def note_firings(
    database: psycopg.Connection[Any],
    found: Iterable[Firing],
    names: BinNames,
    version: str | None,
) -> list[Event]:
    """
    Note what has fired since the last time; what is about another model is over.

    :param found: of all signals of one look.
    :param version: of the champion.
    :return: the events that are new or have ended.
    """
    known = [event for event in events(database) if event.kind in (DRIFT, DATA_QUALITY)]
    changed = []
    newest_at = EPOCH
    for firing in found:
        event = _as_noted(event_of(firing, names), firing, known)
        newest_at = max(newest_at, event.fired_at)
        if note(database, event):
            changed.append(event)
    for event in known:
        is_of_another = event.model_version is not None and event.model_version != version
        if event.ended_at is None and is_of_another:
            ended = replace(event, ended_at=max(event.fired_at, newest_at))
            if note(database, ended):
                changed.append(ended)
    return changed


def end_candidates(database: psycopg.Connection[Any], challenger: str | None) -> list[Event]:
    """
    A candidate that is not the challenger any more does not wait any more.

    :return: the events that have ended.
    """
    changed = []
    for event in open_events(database):
        if event.kind == RETRAINING and event.subject != challenger:
            ended = replace(event, ended_at=datetime.now(UTC).replace(tzinfo=None))
            if note(database, ended):
                changed.append(ended)
    return changed


def _as_noted(event: Event, firing: Firing, known: Sequence[Event]) -> Event:
    near = timedelta(seconds=SAME_WITHIN_PERIODS * firing.reading.period_seconds)
    for other in known:
        is_same = (other.key, other.model_version) == (event.key, event.model_version)
        if is_same and abs(other.fired_at - event.fired_at) <= near:
            return replace(event, event_id=other.event_id, fired_at=other.fired_at)
    return event


def send_unsent(settings: TopicSettings, database: psycopg.Connection[Any]) -> int:
    """
    Tell Kafka what it has not been told.

    Its key and `event_id` are the same however often it is sent: after a crash between Kafka's
    answer and the row, the message comes again.

    :param database: in autocommit mode.
    :return: messages sent.
    :raises ServiceError: Kafka does not answer; the next call sends them.
    """
    with database.transaction(), database.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("unsent_drift_events")).fetchall()
        if not rows:
            return 0
        messages = [(row["event_id"], *message) for row in rows for message in messages_of(row)]
        with Sender(settings, (settings.events_topic,)) as sender:
            for event_id, _, value in messages:
                sender.send(settings.events_topic, event_id, value)
        for event_id, is_end, _ in messages:
            cursor.execute(query("sent_drift_event"), {"event_id": event_id, "is_end": is_end})
    return len(messages)


def messages_of(row: dict[str, Any]) -> list[tuple[bool, bytes]]:
    """Of a row of `unsent_drift_events`: its begin, its end or both; whether it is the end."""
    shown = {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in row.items()
        if name != "is_begin_sent"
    }
    found = []
    if not row["is_begin_sent"]:
        found.append((False, _message(shown | {"state": "began", "ended_at": None})))
    if row["ended_at"] is not None:
        found.append((True, _message(shown | {"state": "ended"})))
    return found


def _message(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
