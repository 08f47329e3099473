"""A world that was played before continues, and what is stored stays."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import World
from swipestream.demo import stage as staging
from swipestream.demo.anew import Played, from_now_on, note, played, stage_file, what_is_there
from swipestream.demo.continuing import newest_ms, send_meanwhile
from swipestream.errors import SwipestreamError
from swipestream.jobs.upgrade.accounts import now_ms
from swipestream.operate import control
from swipestream.settings import Settings
from swipestream.verify.topic_reading import TopicReader, topic_stretch
from tests.verify.reconcile.own_topic import own_topic, send

pytestmark = pytest.mark.stack

HOUR_MS = 3600 * 1000
CARDS = 1000


@pytest.fixture
def settings(stack: Settings) -> Iterator[Settings]:
    with own_topic(stack, "continuing") as own:
        yield own


def world_that_ended(hours_ago: float) -> World:
    end_ms = now_ms() - round(hours_ago * HOUR_MS)
    return World.generate(seed=7, customers=CARDS, merchants=300, days=3, end_ms=end_ms)


def test_the_hours_since_are_made_up_for_at_the_cards_own_pace(settings: Settings) -> None:
    send(settings, [(0, b"mine", b"my own message")])
    world = world_that_ended(hours_ago=48)
    until_ms = now_ms()
    reader, total = send_meanwhile(settings, world, until_ms)
    reader.close()
    expected = CARDS * world.arguments.pace * 2
    assert 0.9 * expected < total < 1.1 * expected
    topic = TopicReader(settings, settings.payments_topic)
    messages = [message for batch in topic.messages(topic.stretch()) for message in batch]
    topic.close()
    values = [message.value() or b"" for message in messages]
    assert b"my own message" in values
    times = [json.loads(value)["event_ms"] for value in values if value.startswith(b"{")]
    assert len(times) == total
    assert world.arguments.end_ms < min(times) and max(times) < until_ms
    assert newest_ms(settings, world) == world.arguments.end_ms


def test_a_world_that_was_played_just_now_goes_on_as_it_is(settings: Settings) -> None:
    reader, total = send_meanwhile(settings, world_that_ended(hours_ago=0.5), now_ms())
    reader.close()
    assert total == 0
    assert topic_stretch(settings, settings.payments_topic).offsets == 0


def test_a_new_world_begins_behind_what_is_there(settings: Settings) -> None:
    assert what_is_there(settings) == ""
    send(settings, [(0, b"mine", b"my own message")])
    assert what_is_there(settings) == f"the topic {settings.payments_topic} holds messages"
    # Nothing is known of it, so it is read as well.
    replay = from_now_on(settings)
    assert replay.write_from.split(",")[0] == "0" and replay.start_ms <= now_ms()


def test_what_was_played_is_remembered(settings: Settings, tmp_path: Path) -> None:
    own = dataclasses.replace(settings, home=str(tmp_path))
    stage_file(own).parent.mkdir(parents=True)
    assert played(own) is None
    world = Played(seed=7, cards=CARDS, end_ms=5, is_whole=True)
    note(own, world)
    assert played(own) == world
    # As an earlier version wrote it.
    stage_file(own).write_text('{"end_ms": 5}')
    assert played(own) is None


def test_nobody_begins_anew_unasked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = dataclasses.replace(settings, home=str(tmp_path), kafka_bootstrap="", database_url="")
    stage_file(own).parent.mkdir(parents=True)
    note(own, Played(seed=8, cards=CARDS, end_ms=5, is_whole=True))
    monkeypatch.setattr(control, "up", lambda *_, **__: own)
    asked: list[str] = []

    def no(reason: str) -> bool:
        asked.append(reason)
        return False

    with pytest.raises(
        SwipestreamError, match="start a new world beside existing payments"
    ) as caught:
        staging.set_stage(own, 7, CARDS, lambda fact: None, no)
    assert "--anew" in caught.value.hint
    assert asked == [f"a world of seed 8 and {CARDS:,} cards was played here"]
    assert played(own) == Played(seed=8, cards=CARDS, end_ms=5, is_whole=True)
