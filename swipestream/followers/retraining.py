"""Retraining: starts `swipestream retrain` at the times of RETRAIN_SCHEDULE.

Training takes minutes and another environment, so it is a separate process, with low priority.
What keeps it from beginning, such as a backlog, is tried again until the day is nearly over.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from swipestream.followers.pulse import Pulse, StoppedError
from swipestream.settings import REPO_ROOT, Settings
from swipestream.settings.cron_text import CronText
from swipestream.stack.files import make_folder

LOG = logging.getLogger("swipestream.followers.retraining")

POLL_SECONDS = 5.0
# Payments wait, or another retraining is under way: the command's exit status for that.
LATER = 75
AGAIN_SECONDS = 600.0
# A challenger that may be promoted is looked at every hour.
PROMOTE_SECONDS = 3600.0
# A schedule that was missed for longer waits for its next time.
MISSED = timedelta(hours=12)
LOG_FILE = "retraining-output.log"


class Due:
    """When the schedule's next retraining is due; one that was handled is not due again."""

    def __init__(self, text: str, now: datetime) -> None:
        """
        :param text: as RETRAIN_SCHEDULE; empty: never.
        :param now: with a time zone; what was due before it counts as handled.
        """
        self._cron = CronText.parse(text) if text else None
        self._handled = now
        self._not_before = now

    def is_due(self, now: datetime) -> bool:
        """Whether to try now."""
        newest = self._cron.newest(now) if self._cron else None
        if newest is None or now < self._not_before:
            return False
        return newest > self._handled and now - newest < MISSED

    def handled(self, now: datetime) -> None:
        """It was done, or there was no reason to do it."""
        self._handled = now

    def later(self, now: datetime) -> None:
        """It could not be done yet."""
        self._not_before = now + timedelta(seconds=AGAIN_SECONDS)


def arguments(settings: Settings) -> list[str]:
    """Of the command, as the settings ask for it."""
    return [
        *("retrain", "--scheduled", "--or-drifted", "--by", "schedule"),
        *("--if-older-than", f"{settings.retrain_older_than_days}d"),
    ]


def promotion(settings: Settings) -> list[str]:
    """Of the command that only promotes."""
    hours = f"{settings.auto_promote_after_hours}h"
    return ["retrain", "--only-promote", "--auto-promote-after", hours, "--by", "schedule"]


def run_command(settings: Settings, words: Sequence[str], pulse: Pulse) -> int:
    """
    Run `swipestream` in its own process group, with signs of life meanwhile.

    :return: its exit status.
    :raises StoppedError: our process is to end; the command has been ended, too.
    """
    folder = make_folder(settings.state_dir / "logs")
    with (folder / LOG_FILE).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "swipestream.cli", *words],
            cwd=REPO_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(os.environ),
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                pulse.beat()
                pulse.wait(1.0)
        except StoppedError:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    return process.returncode


def run(settings: Settings, pulse: Pulse) -> None:
    """
    Run until the process is to end.

    :raises StoppedError: then.
    """
    due = Due(settings.retrain_schedule, datetime.now(UTC))
    promote_at = time.monotonic()
    while True:
        pulse.beat()
        now = datetime.now(UTC)
        is_due = due.is_due(now)
        # First: the next candidate must not take the place of one whose time has come.
        if settings.auto_promote_after_hours and (is_due or time.monotonic() >= promote_at):
            status = run_command(settings, promotion(settings), pulse)
            LOG.info("looked at the challenger status=%d output=logs/%s", status, LOG_FILE)
            promote_at = time.monotonic() + PROMOTE_SECONDS
        if is_due:
            status = run_command(settings, arguments(settings), pulse)
            LOG.info("retraining ended status=%d output=logs/%s", status, LOG_FILE)
            if status == LATER:
                due.later(now)
            else:
                due.handled(now)
        pulse.wait(POLL_SECONDS)
