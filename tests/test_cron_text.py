"""RETRAIN_SCHEDULE is read as crontab(5) says, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from swipestream.errors import SettingError
from swipestream.settings import Settings
from swipestream.settings.cron_text import CronText

# A Tuesday.
NOW = datetime(2030, 1, 15, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        ("* * * * *", "2030-01-15 12:34"),
        ("30 3 * * *", "2030-01-15 03:30"),
        ("34 12 * * *", "2030-01-15 12:34"),
        ("35 12 * * *", "2030-01-14 12:35"),
        ("*/15 * * * *", "2030-01-15 12:30"),
        ("5/20 * * * *", "2030-01-15 12:25"),
        ("0 22-23,1 * * *", "2030-01-15 01:00"),
        ("0 0 * * 1", "2030-01-14 00:00"),
        ("0 0 * * 0", "2030-01-13 00:00"),
        ("0 0 * * 7", "2030-01-13 00:00"),
        ("0 4 1,31 * *", "2030-01-01 04:00"),
        ("0 4 31 * *", "2029-12-31 04:00"),
        ("0 4 * 2 *", "2029-02-28 04:00"),
        ("0 4 29 2 *", "2028-02-29 04:00"),
        # If both days are restricted, one of them is enough.
        ("0 0 13 * 1", "2030-01-14 00:00"),
    ],
)
def test_the_newest_time_it_was_due(text: str, newest: str) -> None:
    assert CronText.parse(text).newest(NOW) == datetime.fromisoformat(newest).replace(tzinfo=UTC)


def test_the_clock_is_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert CronText.parse("0 12 * * *").newest(elsewhere) == datetime(2030, 1, 15, 12, tzinfo=UTC)


def test_a_day_that_never_comes_is_never_due() -> None:
    assert CronText.parse("0 0 30 2 *").newest(NOW) is None


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("daily", "it has 1 fields, not 5"),
        ("60 3 * * *", "'60' is no minute from 0 to 59"),
        ("30 3 * * mon", "'mon' is no day of the week"),
        ("30 5-3 * * *", "'5-3' is no hour from 0 to 23"),
        ("*/0 * * * *", "'*/0' is no minute"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(text: str, fact: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings(retrain_schedule=text).check()
    assert f"RETRAIN_SCHEDULE={text} is not understood: {fact}" in error.value.fact
    assert "30 3 * * *" in error.value.hint
