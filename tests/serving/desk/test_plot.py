"""The picture of a card's payments: every payment is where its time and amount say."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.desk import plot as drawing
from serving.desk.plot import plot

NOW = datetime(2030, 1, 31, 12)


def payment(days: float, cents: int, **changes: Any) -> dict[str, Any]:
    """:param days: before now."""
    return {
        "event_time": NOW - timedelta(days=days), "amount_cents": cents, "currency": "EUR",
        "channel": "pos", "merchant": "Shop", "decision": "approve", "is_fraud": None,
        "case_number": None,
    } | changes  # fmt: skip


def test_without_payments_there_is_nothing_to_draw() -> None:
    assert plot([], None, 30) is None


def test_later_is_further_to_the_right_and_more_is_higher() -> None:
    drawn = plot([payment(0, 50_000), payment(3, 1_000), payment(9, 200)], None, 30)
    assert drawn is not None
    by_x = sorted(drawn.dots, key=lambda dot: dot.x)
    assert [dot.y for dot in by_x] == sorted((dot.y for dot in by_x), reverse=True)
    assert all(drawn.left <= dot.x <= drawn.right for dot in drawn.dots)
    assert all(drawn.top <= dot.y <= drawn.bottom for dot in drawn.dots)


def test_what_is_older_than_the_window_is_left_out() -> None:
    drawn = plot([payment(0, 100), payment(29, 100), payment(90, 100)], None, 30)
    assert drawn is not None and len(drawn.dots) == 2


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"case_number": 7, "is_fraud": True}, "case"),
        ({"case_number": 8, "is_fraud": True}, "fraud"),
        ({"is_fraud": False, "decision": "block"}, "genuine"),
        ({"decision": "review"}, "suspected"),
        ({"decision": None}, "other"),
        ({}, "other"),
    ],
)
def test_the_color_says_what_is_known(changes: dict[str, Any], kind: str) -> None:
    drawn = plot([payment(0, 100, **changes)], 7, 30)
    assert drawn is not None
    assert [dot.kind for dot in drawn.dots] == [kind]


def test_the_cases_payments_lie_on_top() -> None:
    rows = [payment(0, 100, case_number=7), *(payment(n, 100) for n in range(1, 4))]
    drawn = plot(rows, 7, 30)
    assert drawn is not None and drawn.dots[-1].kind == "case"


def test_the_usual_amount_is_the_median_of_the_others() -> None:
    rows = [payment(0, 90_000, case_number=7), *(payment(n, 100 * n) for n in range(1, 6))]
    drawn = plot(rows, 7, 30)
    assert drawn is not None and drawn.usual is not None
    assert drawn.usual.text == "usual 3.00"
    few = plot(rows[:4], 7, 30)
    assert few is not None and few.usual is None


@pytest.mark.parametrize("cents", [0, 1, 99, 100, 12_345, 99_999_999])
def test_amounts_at_the_axis_are_few_and_rise(cents: int) -> None:
    drawn = plot([payment(0, cents)], None, 30)
    assert drawn is not None
    heights = [tick.at for tick in drawn.amounts]
    assert 2 <= len(heights) <= 4
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("days", [0.01, 0.9, 3, 10, 30])
def test_times_at_the_axis_are_few_and_whole(days: float) -> None:
    begin = NOW - timedelta(days=days)
    ticks = drawing.time_ticks(begin, NOW)
    assert len(ticks) <= 9
    assert all(begin <= moment <= NOW for moment, _ in ticks)
    assert all((moment.minute, moment.second) == (0, 0) for moment, _ in ticks)
