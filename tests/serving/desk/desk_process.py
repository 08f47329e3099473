"""A desk that a test starts for itself."""

import os
import signal
import subprocess
from typing import Self

import psycopg

from swipestream.cases import program
from swipestream.settings import Settings
from swipestream.stack.program import NotReadyError
from tests.cases.stored import session
from tests.eventually import eventually
from tests.serving.desk.browser import Browser

START_SECONDS = 60.0


class DeskProcess:
    """The server as the supervisor would start it; its log is in the state folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = settings.state_dir / "logs" / "desk.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(program.python()), "-m", "serving.desk"],
                env=os.environ | program.environment(settings),
                stdout=output,
                stderr=output,
            )

    def wait(self) -> Self:
        """Until it answers."""

        def is_ready() -> bool:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            try:
                program.check(self.settings)
            except NotReadyError:
                return False
            return True

        eventually(is_ready, seconds=START_SECONDS)
        return self

    def browser(self, login: str = "") -> Browser:
        """A new browser, of somebody who has a session if a login is given."""
        browser = Browser(self.settings.desk_port)
        if login:
            with psycopg.connect(self.settings.postgres_url, autocommit=True) as connection:
                browser.cookie = f"swipestream_desk={session(connection, login)}"
        return browser

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in order."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()
