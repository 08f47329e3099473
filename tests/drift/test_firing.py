"""A signal fires when it holds, ends when it is calm, and rests after that."""

from datetime import datetime, timedelta

import pytest

from swipestream.drift.firing import REST, firings, held
from swipestream.drift.readings import Reading

BEGIN = datetime(2030, 1, 1)
DAY = timedelta(days=1)


def readings(text: str, period: timedelta = DAY) -> list[Reading]:
    """One for each letter: x is beyond the limit, - is not, ? is not enough, a blank is none."""
    return [
        Reading(
            event_time=BEGIN + number * period,
            period_seconds=int(period.total_seconds()),
            signal="feature",
            subject="is_night",
            kind="drift",
            model_version="m-1",
            value=1.0 if letter == "x" else 0.0,
            expected=0.0,
            low_limit=None,
            high_limit=0.5,
            payment_count=20_000,
            is_enough=letter != "?",
            is_over=letter == "x",
        )
        for number, letter in enumerate(text)
        if letter != " "
    ]


def days(text: str) -> list[tuple[int, int, int | None]]:
    """On which days each firing began, fired and ended."""
    return [
        (
            (found.began_at - BEGIN).days,
            (found.fired_at - BEGIN).days,
            None if found.ended_at is None else (found.ended_at - BEGIN).days,
        )
        for found in firings(readings(text))
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("----", []),
        # One odd day is none.
        ("--x--x--", []),
        # The second one is over when it fires.
        ("--xx", [(2, 4, None)]),
        ("--xxxx", [(2, 4, None)]),
        # One calm day does not end it, two do.
        ("xx-x", [(0, 2, None)]),
        ("xx-x--", [(0, 2, 6)]),
        ("xx--", [(0, 2, 4)]),
        # Too few payments count neither way.
        ("x?x", [(0, 3, None)]),
        ("xx?-?-", [(0, 2, 6)]),
        ("????", []),
        # After a gap of days they are not in a row.
        ("x     x", []),
    ],
)
def test_a_signal_fires_when_it_holds(text: str, found: list[tuple[int, int, int | None]]) -> None:
    assert days(text) == found


def test_it_rests_before_it_fires_again() -> None:
    again = "xx--" + "x" * (REST + 3)
    assert days(again) == [(0, 2, 4), (4 + REST - 1, 4 + REST + 1, None)]
    assert days("xx--" + "x" * (REST - 1)) == [(0, 2, 4)]


def test_the_alert_rate_counts_in_hours() -> None:
    found = firings(readings("-xx", timedelta(hours=1)))
    assert [one.fired_at for one in found] == [BEGIN + timedelta(hours=3)]


def test_an_event_shows_the_newest_reading() -> None:
    rows = readings("xxx")
    (found,) = firings(rows)
    assert found.reading is rows[-1]


@pytest.mark.parametrize(("text", "count"), [("", 0), ("x-", 0), ("-x", 1), ("xx?", 2)])
def test_how_long_it_has_held_by_now(text: str, count: int) -> None:
    assert held(readings(text)) == count
