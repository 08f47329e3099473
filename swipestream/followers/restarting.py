"""Running a follower in a thread: what crashes is started again, and the others do not notice."""

import dataclasses
import importlib
import logging
import threading
from collections.abc import Callable

from swipestream.errors import first_line
from swipestream.followers.pulse import Pulse, StoppedError
from swipestream.followers.table import Follower
from swipestream.settings import Settings

LOG = logging.getLogger("swipestream.followers.restarting")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0

# Threads that import modules which import each other may get half of one.
IMPORTING = threading.Lock()

Run = Callable[[Settings, Pulse], None]


def run_of(follower: Follower) -> Run:
    """Its function; the thread that runs it imports it: one that cannot be must not stop others."""

    def run(settings: Settings, pulse: Pulse) -> None:
        with IMPORTING:
            module = importlib.import_module(follower.module)
        module.run(settings, pulse)

    return run


def rights_of(follower: Follower, settings: Settings) -> Settings:
    """:return: the settings with no more rights in the database than it needs."""
    if follower.as_owner or not settings.stream_database_url:
        return settings
    return dataclasses.replace(settings, database_url=settings.stream_database_url)


def keep_running(follower: Follower, run: Run, settings: Settings, pulse: Pulse) -> None:
    """
    Run a follower until the process is to end; after a crash again, with growing pauses.

    :param run: `run_of` it.
    """
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            try:
                run(rights_of(follower, settings), pulse)
            except StoppedError:
                raise
            except Exception as error:
                if pulse.is_steady:
                    pause_seconds = FIRST_PAUSE_SECONDS
                reason = f"{type(error).__name__}: {first_line(error)}"
                # An error that nobody foresaw: where it happened is needed to fix it.
                LOG.exception("crashed follower=%s again_in=%.0fs", follower.name, pause_seconds)
                pulse.crashed(f"crashed, tried again: {reason}", pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
        except StoppedError:
            LOG.info("stopped follower=%s", follower.name)
            return
