"""The process of all followers: a thread for each name on the command line.

A crash of one is its thread's affair (`restarting`). What ends the process, such as a crash in a
library of C, is the supervisor's, which starts all of them again. A thread that hangs ends the
process too, since nothing else ends a thread.
"""

import logging
import logging.handlers
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from swipestream.followers import restarting
from swipestream.followers.pulse import Pulse
from swipestream.followers.table import BY_NAME
from swipestream.settings import Settings
from swipestream.stack.files import make_folder
from swipestream.stack.supervision import log_path

LOG_BYTES, LOG_COPIES = 20_000_000, 2
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Less than the supervisor waits before it kills.
STOP_SECONDS = 10.0
LOOK_SECONDS = 5.0
# Much longer than any round: the first one of a large database counts everything that is stored.
SILENT_SECONDS = 1800.0


def log_to(path: Path, thread: str) -> None:
    """What a thread says goes to a file, as if it were a process."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_COPIES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(lambda record: record.threadName == thread)
    logging.getLogger().addHandler(handler)


def main(names: list[str]) -> int:
    """
    Run followers until SIGTERM.

    :param names: of followers.
    :return: 1 if a thread ended by itself, or hangs.
    """
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    settings = Settings.load()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    folder = make_folder(settings.state_dir / "run", mode=0o700)
    threads, pulses = [], {}
    for name in names:
        follower = BY_NAME[name]
        log_to(log_path(settings, name), name)
        pulses[name] = Pulse(folder, name, stopping)
        what = (follower, restarting.run_of(follower), settings, pulses[name])
        # Daemons: one that hangs must not keep the process from ending.
        thread = threading.Thread(target=restarting.keep_running, args=what, name=name, daemon=True)
        threads.append(thread)
    for thread in threads:
        thread.start()
    while not stopping.wait(LOOK_SECONDS):
        ended = [thread.name for thread in threads if not thread.is_alive()]
        if ended:
            logging.error("ended by itself follower=%s", ended[0])
            return 1
        if silent := hanging(pulses):
            logging.error("hangs, all are started again follower=%s", silent)
            return 1
    until = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return 0


def hanging(pulses: Mapping[str, Pulse]) -> str:
    """:return: the name of a follower that is silent for too long; empty if there is none."""
    return next((n for n, pulse in pulses.items() if pulse.silent_seconds > SILENT_SECONDS), "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
