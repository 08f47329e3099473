"""What is measured: not the first days, not what the model has seen, not what labels miss."""

from datetime import UTC, datetime
from typing import Any

import pytest

from training.backtest.spans import choose_span
from training.errors import TrainingDataError

DAY_MS = 86_400_000
BEGIN_MS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)


def day(number: float) -> int:
    return BEGIN_MS + int(number * DAY_MS)


def seen(begin: str, until_day: int) -> dict[str, Any]:
    return {"training": {"from": begin, "seen_until_ms": day(until_day)}}


def test_the_first_week_and_the_last_labels_are_left_out() -> None:
    span = choose_span(day(0), day(60), day(45), None)
    assert (span.from_ms, span.to_ms, span.days) == (day(7), day(45), 38)
    assert "2030-02-15 00:00" in span.notes[0] and "still to come" in span.notes[0]


def test_without_frauds_nothing_waits() -> None:
    span = choose_span(day(0), day(60), None, None)
    assert (span.from_ms, span.to_ms, span.notes) == (day(7), day(60) + 1, ())


def test_a_short_history_is_measured_whole() -> None:
    span = choose_span(day(0), day(3), None, None)
    assert (span.from_ms, span.to_ms) == (day(0), day(3) + 1)
    assert span.notes[0].startswith("the history has 3 days")


def test_what_the_model_has_seen_is_left_out() -> None:
    span = choose_span(day(0), day(60), None, seen("2029-12-01 00:00", 40))
    assert span.from_ms == day(40)
    assert "may have learned from earlier payments" in span.notes[0]


def test_a_model_that_has_seen_all_of_it_is_said() -> None:
    span = choose_span(day(0), day(60), None, seen("2029-12-01 00:00", 90))
    assert span.from_ms == day(7)
    assert "figures of them are too good" in span.notes[0]


def test_somebody_may_choose_and_is_warned() -> None:
    manifest = seen("2029-12-01 00:00", 40)
    span = choose_span(day(0), day(60), day(50), manifest, since_ms=day(20), until_ms=day(58))
    assert (span.from_ms, span.to_ms) == (day(20), day(58))
    assert "figures of them are too good" in span.notes[0]


@pytest.mark.parametrize("begin", ["2030-06-01 00:00", "no date"])
def test_a_model_of_another_time_has_seen_nothing(begin: str) -> None:
    span = choose_span(day(0), day(60), None, seen(begin, 300))
    assert (span.from_ms, span.notes) == (day(7), ())


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(TrainingDataError, match="no payment is left to measure"):
        choose_span(day(0), day(60), None, None, since_ms=day(61))


def test_if_all_labels_are_still_to_come_everything_is_measured_with_a_warning() -> None:
    span = choose_span(day(0), day(8), day(-13), None)
    assert (span.from_ms, span.to_ms) == (day(0), day(8) + 1)
    assert span.notes[0].startswith("many labels of these payments are still to come")
