"""What a follower says of itself: that it works, and why it does not."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from swipestream.errors import first_line
from swipestream.stack.files import write_if_changed

LOG = logging.getLogger("swipestream.followers.pulse")

# A follower that has run this long since it crashed works again.
STEADY_SECONDS = 30.0


class StoppedError(Exception):
    """The process has been asked to end."""


class Pulse:
    """
    The signs of life of one follower, as files that `up`, `status` and `doctor` read.

    :param folder: of the files.
    :param name: of the follower.
    :param stopping: set when the process is to end.
    """

    def __init__(self, folder: Path, name: str, stopping: threading.Event) -> None:
        self._alive, self._crash = alive_file(folder, name), crash_file(folder, name)
        self._stopping = stopping
        self._started_at = self._moved_at = time.monotonic()
        self._is_unwritable = False
        self._write(lambda: self._crash.unlink(missing_ok=True))

    @property
    def is_steady(self) -> bool:
        """Whether it has run for a while since it was started or crashed."""
        return time.monotonic() - self._started_at > STEADY_SECONDS

    @property
    def silent_seconds(self) -> float:
        """How long ago it did a round of work, or crashed."""
        return time.monotonic() - self._moved_at

    def beat(self) -> None:
        """A round of work is done."""
        self._moved_at = time.monotonic()
        self._write(self._alive.touch)
        if self.is_steady:
            self._write(lambda: self._crash.unlink(missing_ok=True))

    def wait(self, seconds: float) -> None:
        """
        Sleep between two rounds.

        :raises StoppedError: the process is to end.
        """
        if self._stopping.wait(seconds):
            raise StoppedError

    def crashed(self, reason: str, pause_seconds: float) -> None:
        """
        Say why it crashed, wait, and count from there.

        :param reason: one line.
        :raises StoppedError: the process is to end.
        """
        self._moved_at = time.monotonic()
        self._write(lambda: write_if_changed(self._crash, f"{reason}\n"))
        self.wait(pause_seconds)
        self._started_at = time.monotonic()

    def _write(self, change: Callable[[], object]) -> None:
        """On a full disk a follower still works; that nobody can see it is logged, once."""
        try:
            change()
        except OSError as error:
            if not self._is_unwritable:
                LOG.warning("signs of life cannot be written reason=%s", first_line(error))
            self._is_unwritable = True
        else:
            self._is_unwritable = False


def alive_file(folder: Path, name: str) -> Path:
    """Touched after each round of a follower."""
    return folder / f"{name}.alive"


def crash_file(folder: Path, name: str) -> Path:
    """Why a follower crashed; there is none while it works."""
    return folder / f"{name}.crash"


def last_crash(folder: Path, name: str) -> str:
    """:return: one line; empty while the follower works."""
    with contextlib.suppress(FileNotFoundError):
        return crash_file(folder, name).read_text("utf-8").strip()
    return ""
