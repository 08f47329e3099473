"""Looking again ends with what was awaited, or says what was seen instead."""

import pytest

from tests.eventually import eventually


def test_it_gives_what_it_saw_as_soon_as_that_will_do() -> None:
    looks = iter([0, 1, 2, 3])
    assert eventually(lambda: next(looks), lambda seen: seen > 1, pause_seconds=0) == 2
    assert next(looks) == 3


def test_without_a_condition_anything_true_will_do() -> None:
    looks = iter([[], [], ["row"]])
    assert eventually(lambda: next(looks), pause_seconds=0) == ["row"]


def test_at_the_deadline_it_says_what_was_awaited_and_seen() -> None:
    looks: list[int] = []

    def look() -> int:
        looks.append(1)
        return len(looks)

    with pytest.raises(AssertionError, match=r"^not within 0 s: a hundred; last seen: \d+$"):
        eventually(look, lambda seen: seen >= 100, "a hundred", seconds=0, pause_seconds=0.001)
    # Once more after the deadline would be too late, and not at all would be too early.
    assert 1 <= len(looks) < 100


def test_without_a_name_the_message_still_says_what_was_seen() -> None:
    with pytest.raises(AssertionError, match=r"^not within 0 s; last seen: 'nothing'$"):
        eventually(lambda: "nothing", lambda seen: seen == "row", seconds=0)
