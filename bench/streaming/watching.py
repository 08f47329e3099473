"""Watching payments being stored until all of them are."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.streaming.stored import Stored

# Rows are counted near the end only: that reads the whole table.
COUNTED_FROM_SHARE = 0.95
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Look:
    """
    What is stored at a moment.

    :param at: monotonic seconds.
    :param passed: messages up to the newest stored one of each partition.
    :param idle_seconds: since something more was stored, or since the first look.
    """

    at: float
    passed: int
    idle_seconds: float


def looks(stored: Stored, messages: int, payments: int) -> Iterator[Look]:
    """
    Look every half second, for the last time when every payment is stored.

    :param messages: how many the topic holds.
    :param payments: how many rows they make.
    """
    moved_at, newest, count = time.monotonic(), 0, 0
    while True:
        passed, now = stored.passed(), time.monotonic()
        if passed > newest:
            newest, moved_at = passed, now
        if passed >= messages * COUNTED_FROM_SHARE:
            count, before = stored.count(), count
            if count > before:
                moved_at = now
        yield Look(now, passed, now - moved_at)
        if count >= payments:
            return
        time.sleep(POLL_SECONDS)
