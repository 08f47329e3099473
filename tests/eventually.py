"""Waiting for what a running system does in its own time: look again until a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    look: Callable[[], T],
    until: Callable[[T], object] = bool,
    what: str = "",
    seconds: float = 120.0,
    pause_seconds: float = 0.05,
) -> T:
    """
    Look again and again until what is seen is as it should be.

    :param look: what to look at.
    :param until: whether what was seen will do; any answer that counts as true will.
    :param what: what should come to be, for the message.
    :param seconds: how long to go on.
    :param pause_seconds: between two looks.
    :return: what was seen last.
    :raises AssertionError: it is not so in time; shows what was seen last.
    """
    deadline = time.monotonic() + seconds
    while not until(seen := look()):
        if time.monotonic() > deadline:
            awaited = f": {what}" if what else ""
            raise AssertionError(f"not within {seconds:g} s{awaited}; last seen: {seen!r}")
        time.sleep(pause_seconds)
    return seen
