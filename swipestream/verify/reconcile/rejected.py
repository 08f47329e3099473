"""Rejected messages for an operator: what was wrong, the payloads, and sending them again."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from swipestream.card_numbers import mask_card_numbers
from swipestream.database.connection import Database
from swipestream.database.queries import query
from swipestream.errors import SwipestreamError
from swipestream.settings import KafkaSettings
from swipestream.verify.reconcile.redriving import Again, again, redrive
from swipestream.verify.topic_reading import Place, TopicReader


@dataclass(frozen=True)
class Rejected:
    """
    A rejected message.

    :param payload: its bytes, card numbers masked; None while they have not been fetched.
    :param redriven_at: when it was sent again.
    :param new_partition: and where it is since then.
    """

    kafka_topic: str
    kafka_partition: int
    kafka_offset: int
    reason: str
    arrived_at: datetime | None
    rejected_at: datetime | None
    payload: bytes | None
    is_payload_lost: bool
    redriven_at: datetime | None
    new_partition: int | None
    new_offset: int | None

    @property
    def place(self) -> Place:
        """Partition and offset."""
        return Place(self.kafka_partition, self.kafka_offset)

    @property
    def name(self) -> str:
        """Its place as commands take it."""
        return f"{self.kafka_topic}:{self.kafka_partition}:{self.kafka_offset}"

    @property
    def text(self) -> str:
        """The payload as text; bytes that are not UTF-8 and unprintable characters are escaped."""
        if self.payload is None:
            return "(lost)" if self.is_payload_lost else "(not fetched yet)"
        # Earlier versions knew less of how card numbers are written.
        decoded = mask_card_numbers(self.payload).decode("utf-8", errors="backslashreplace")
        return "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape").decode()
            for letter in decoded
        )


@dataclass(frozen=True)
class Reason:
    """
    A reason with the number of messages it was given to.

    :param redriven: of those, how many were sent again.
    """

    reason: str
    messages: int
    redriven: int


def parse_place(text: str, topic: str) -> Place:
    """
    Partition and offset of `payments:0:123` or `0:123`.

    :param topic: the payments topic.
    :raises SwipestreamError: anything else, or another topic.
    """
    *named, partition, offset = text.rsplit(":", 2) if text.count(":") else ("", "", "")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise SwipestreamError(
            f"{text} is not a place", f"write topic:partition:offset, for example {topic}:0:123"
        )
    if named and named[0] != topic:
        raise SwipestreamError(
            f"{text} is in another topic than {topic}", "set PAYMENTS_TOPIC to that topic"
        )
    return Place(int(partition), int(offset))


def reasons(database: Database, topic: str, text: str = "") -> list[Reason]:
    """
    The reasons with their counts, the most frequent first.

    :param text: only reasons that contain it.
    """
    with database.cursor(row_factory=class_row(Reason)) as cursor:
        parameters = {"topic": topic, "text": text}
        return cursor.execute(query("rejected_reasons"), parameters).fetchall()


def newest(database: Database, topic: str, text: str = "", limit: int = 20) -> list[Rejected]:
    """
    The newest rejected messages.

    :param text: only those whose reason contains it.
    """
    with database.cursor(row_factory=class_row(Rejected)) as cursor:
        parameters = {"topic": topic, "text": text, "limit": limit}
        return cursor.execute(query("rejected_newest"), parameters).fetchall()


def at(database: Database, topic: str, places: Sequence[Place]) -> list[Rejected]:
    """
    The rejected messages at these places.

    :raises SwipestreamError: one of them was not rejected.
    """
    with database.cursor(row_factory=class_row(Rejected)) as cursor:
        parameters = {
            "topic": topic,
            "partitions": [place.partition for place in places],
            "offsets": [place.offset for place in places],
        }
        found = {
            row.place: row for row in cursor.execute(query("rejected_at"), parameters).fetchall()
        }
    for place in places:
        if place not in found:
            raise SwipestreamError(
                f"{topic}:{place.partition}:{place.offset} was not rejected",
                "see `swipestream rejected list`",
            )
    return [found[place] for place in dict.fromkeys(places)]


def open_by_reason(database: Database, topic: str, text: str) -> list[Rejected]:
    """The messages whose reason contains a text and that were not sent again, oldest first."""
    rows = newest(database, topic, text, limit=2**31 - 1)
    return [row for row in reversed(rows) if row.redriven_at is None]


def parse_edits(texts: Sequence[str]) -> dict[str, Any]:
    """
    The fields to change, of texts such as `currency=EUR` or `amount_cents=1250`.

    :raises SwipestreamError: a text without `=`.
    """
    edits: dict[str, Any] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not (name and separator):
            raise SwipestreamError(f"{text} is not field=value", "write for example currency=EUR")
        try:
            edits[name] = json.loads(value)
        except ValueError:
            edits[name] = value
    return edits


def edited(item: Again, edits: dict[str, Any], name: str) -> Again:
    """
    The message with some fields changed, sent to the partition of its card.

    :param name: the message's place, for errors.
    :raises SwipestreamError: it is not a JSON object.
    """
    try:
        found = json.loads(item.value or b"")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SwipestreamError(
            f"{name} is not a JSON object, so its fields cannot be changed",
            "send it again as it is, or have its producer send a correct one",
        )
    changed = found | edits
    value = json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()
    card = changed.get("card_id")
    if not isinstance(card, str) or card == found.get("card_id"):
        return Again(item.place, item.key, value, item.partition, item.headers)
    # Another card may belong to another partition, which its key decides.
    return Again(item.place, card.encode(), value, None, item.headers)


def redrive_rejected(
    settings: KafkaSettings, database: Database, rows: Sequence[Rejected], edits: dict[str, Any]
) -> dict[Place, Place]:
    """
    Send rejected messages again.

    The bytes come from the topic, where they are whole; from the database only when the topic no
    longer has them and no card number was masked.

    :param edits: fields to change, by name.
    :return: the new place of each, by its old one.
    :raises SwipestreamError: one was sent again before, cannot be had, or cannot be edited; then
        none is sent.
    """
    for row in rows:
        if row.redriven_at is not None:
            new = f"{row.kafka_topic}:{row.new_partition}:{row.new_offset}"
            raise SwipestreamError(
                f"{row.name} was sent again before",
                f"it is {new} now; if that was rejected as well, send that one again",
            )
    topic = settings.payments_topic
    by_place = {row.place: row for row in rows}
    with closing(TopicReader(settings, topic)) as reader:
        messages = []
        for place, message in reader.at(by_place):
            row = by_place[place]
            item = again(place, message) if message is not None else from_database(row)
            messages.append(edited(item, edits, row.name) if edits else item)
    return redrive(settings, topic, database, messages)


def from_database(row: Rejected) -> Again:
    """
    A message that the topic has dropped, from its stored payload.

    :raises SwipestreamError: there is none, or it was masked.
    """
    payload = row.payload
    if payload is None or b"*" in payload or mask_card_numbers(payload) != payload:
        raise SwipestreamError(
            f"{row.name} is no longer in the topic, and what is stored of it is not whole",
            "have its producer send it again",
        )
    try:
        card = json.loads(payload).get("card_id")
    except (ValueError, AttributeError, RecursionError):
        card = None
    return Again(row.place, card.encode() if isinstance(card, str) else None, payload)
