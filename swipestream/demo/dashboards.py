"""The demo's dashboards: set up beside the stream, in the background and at the lowest priority.

The first time takes minutes of CPU, which would slow down the payments; so it begins when they have
flowed for a while, or after them.
"""

import subprocess
import sys
import threading

from swipestream.console.progress import Say
from swipestream.dashboards import superset
from swipestream.dashboards.welcome import welcome
from swipestream.settings import REPO_ROOT, DashboardSettings
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import log_path

LOG_NAME = "dashboards-start"
LOWEST_PRIORITY = 19
# Installs Superset unless it is there, then starts it.
COMMAND = (
    "make --no-print-directory dashboards "
    '&& exec "$0" -m swipestream.cli up --dashboards --without-logins'
)


class DashboardStart:
    """Starts the dashboards once, and says where they are when they are ready."""

    def __init__(self, settings: DashboardSettings, say: Say) -> None:
        self._settings, self._say = settings, say
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_told = False

    def begin(self) -> None:
        """In the background, unless they run already or have been begun."""
        with self._lock:
            if self._process is not None or self._has_told:
                return
            if self._is_ready():
                self._tell()
                return
            self._say("setting up the dashboards in the background")
            with log_path(self._settings, LOG_NAME).open("wb") as log:
                self._process = subprocess.Popen(
                    [
                        *("/usr/bin/env", "nice", "-n", str(LOWEST_PRIORITY)),
                        *("/bin/sh", "-c", COMMAND, sys.executable),
                    ],
                    cwd=REPO_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C ends the demo, not this.
                    start_new_session=True,
                )
        threading.Thread(target=self._await, daemon=True).start()

    def _await(self) -> None:
        assert self._process
        if self._process.wait() == 0:
            with self._lock:
                self._tell()
        else:
            self._say(
                f"the dashboards did not start; {log_path(self._settings, LOG_NAME)} says why, "
                "`swipestream up --dashboards` tries again"
            )

    def _is_ready(self) -> bool:
        try:
            superset.check(self._settings)
        except NotReadyError:
            return False
        return superset.is_wanted(self._settings)

    def _tell(self) -> None:
        if not self._has_told:
            self._has_told = True
            self._say(welcome(self._settings))

    def end(self) -> None:
        """Begin if that has not happened yet, and wait until they are ready."""
        self.begin()
        if self._process is not None and self._process.poll() is None:
            self._say("the dashboards are not ready yet: waiting; Ctrl-C leaves them to themselves")
            self._process.wait()
        # The other thread tells.
        while self._process is not None and self._process.poll() == 0 and not self._has_told:
            with self._lock:
                self._tell()
