"""What was noticed is noted once, however often and by whomever it is noticed."""

from dataclasses import replace
from datetime import datetime, timedelta

from swipestream.drift.events import (
    Event,
    end_candidates,
    events,
    messages_of,
    note,
    note_firings,
    open_events,
)
from swipestream.drift.firing import Firing
from swipestream.drift.readings import BinNames, Reading
from swipestream.retraining.run import waits
from tests.drift.conftest import Database

BEGIN = datetime(2030, 1, 1)
DAY = timedelta(days=1)
NAMES = BinNames({"is_night": ["unknown", "up to 0", "above 0"]})


def firing(begin: int = 0, days: int | None = None, version: str | None = "m-1") -> Firing:
    """One that fired two days after a day, and ended some days later."""
    reading = Reading(
        BEGIN + (begin + 1) * DAY, 86_400, "feature", "is_night", "drift", version,
        value=0.31, expected=0.0, low_limit=None, high_limit=0.02, payment_count=20_000,
        is_enough=True, is_over=True, importance=0.1, unknown_share=0.0, moved_bin=2,
        moved_share=0.3, moved_trained_share=0.1,
    )  # fmt: skip
    ended_at = None if days is None else BEGIN + (begin + 2 + days) * DAY
    return Firing(BEGIN + begin * DAY, BEGIN + (begin + 2) * DAY, reading, ended_at)


def test_an_event_says_what_moved_and_since_when(database: Database) -> None:
    (event,) = note_firings(database, [firing()], NAMES, "m-1")
    assert events(database) == [event]
    assert event.event_id == "feature/is_night/m-1/2030-01-03T00"
    assert event.text == (
        "is_night: stability index 0.310, usual is up to 0.020; most of all above 0: 10.0% to 30.0%"
    )
    assert (event.began_at, event.fired_at) == (BEGIN, BEGIN + 2 * DAY)


def test_the_same_firing_is_noted_once(database: Database) -> None:
    assert len(note_firings(database, [firing()], NAMES, "m-1")) == 1
    assert note_firings(database, [firing()], NAMES, "m-1") == []
    # A payment that came late moved it by a day.
    assert note_firings(database, [firing(begin=1)], NAMES, "m-1") == []
    assert len(events(database)) == 1


def test_its_end_is_noted_and_stays(database: Database) -> None:
    note_firings(database, [firing()], NAMES, "m-1")
    (ended,) = note_firings(database, [firing(days=3)], NAMES, "m-1")
    assert ended.ended_at == BEGIN + 5 * DAY
    assert open_events(database) == []
    assert note_firings(database, [firing(days=9)], NAMES, "m-1") == []
    assert events(database) == [ended]


def test_a_later_firing_is_another_event(database: Database) -> None:
    note_firings(database, [firing(days=2)], NAMES, "m-1")
    note_firings(database, [firing(days=2), firing(begin=12)], NAMES, "m-1")
    assert [event.ended_at is None for event in events(database)] == [False, True]


def test_what_was_about_the_champion_before_is_over(database: Database) -> None:
    note_firings(database, [firing(), firing(version=None)], NAMES, "m-1")
    (ended,) = note_firings(database, [], NAMES, "m-2")
    assert ended.model_version == "m-1" and ended.ended_at is not None
    # What is about all payments goes on.
    assert [event.model_version for event in open_events(database)] == [None]


def test_a_candidate_waits_until_it_is_no_challenger_any_more(database: Database) -> None:
    note(database, waits("m-2", "the champion is 9.0 days old"))
    assert end_candidates(database, "m-2") == []
    (ended,) = end_candidates(database, None)
    assert ended.text == (
        "m-2 scores in the champion's shadow (the champion is 9.0 days old); to promote it: "
        "swipestream model promote m-2 --with-policy"
    )
    assert open_events(database) == []


def test_what_was_over_before_it_was_noticed_is_not_told(database: Database) -> None:
    note_firings(database, [firing(days=2)], NAMES, "m-1")
    told = database.execute(
        "SELECT sent_at IS NOT NULL AND end_sent_at IS NOT NULL FROM drift_events"
    ).fetchone()
    assert told == (True,)


def test_begin_and_end_are_two_messages_under_one_key() -> None:
    event = Event(
        "id", "attack", "card testing", "m1", None, BEGIN, BEGIN, None, 40.0, 11.0, "m1: 40 cards"
    )
    row = vars(event) | {"is_begin_sent": False}
    ((is_end, value),) = messages_of(row)
    assert not is_end
    assert b'"state": "began"' in value and b'"began_at": "2030-01-01T00:00:00"' in value
    ended = vars(replace(event, ended_at=BEGIN + DAY)) | {"is_begin_sent": True}
    ((is_end, value),) = messages_of(ended)
    assert is_end and b'"state": "ended"' in value
    assert [end for end, _ in messages_of(ended | {"is_begin_sent": False})] == [False, True]
