"""Watching ends when every payment is stored, and notices that nothing more comes."""

import time
from itertools import islice
from typing import Any

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment has a stack")
from bench.streaming.watching import looks

MESSAGES, PAYMENTS = 100, 98


class Growing:
    """Stands for the table: what it says at each look."""

    def __init__(self, passed: list[int], counts: list[int]) -> None:
        self._passed, self._counts = iter(passed), iter(counts)

    def passed(self) -> int:
        return next(self._passed)

    def count(self) -> int:
        return next(self._counts)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only between two looks."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda s: now.__setitem__(0, now[0] + s))


def seen(passed: list[int], counts: list[int]) -> list[tuple[float, int, float]]:
    stored: Any = Growing(passed, counts)
    found = looks(stored, MESSAGES, PAYMENTS)
    return [(look.at, look.passed, look.idle_seconds) for look in islice(found, len(passed))]


def test_the_last_look_is_when_every_payment_is_stored() -> None:
    # Rows are not counted before nearly all messages have passed.
    found = seen([0, 50, 96, 100, 100, 100], [90, 97, 98])
    assert [passed for _, passed, _ in found] == [0, 50, 96, 100, 100]
    assert [at for at, _, _ in found] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_it_is_idle_while_neither_messages_nor_rows_come() -> None:
    found = seen([0, 10, 10, 10, 99, 99, 99], [60, 70, 70, 70])
    assert [idle for _, _, idle in found] == [0.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.5]
