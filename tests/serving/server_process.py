"""A server of serving/ that a test starts for itself."""

import os
import signal
import subprocess
from collections.abc import Callable
from typing import Self

from swipestream.settings import Settings
from swipestream.stack.program import NotReadyError
from tests.eventually import eventually

START_SECONDS = 60.0


class ServerProcess:
    """The server as the supervisor would start it; its log is in the state folder."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        command: list[str],
        environment: dict[str, str],
        check: Callable[[Settings], None],
    ) -> None:
        """
        :param name: of its log.
        :param check: returns once it answers; raises NotReadyError before.
        """
        self.settings = settings
        self._check = check
        self.log = settings.state_dir / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=os.environ | environment, stdout=output, stderr=output
            )

    def wait(self) -> Self:
        """Until it answers."""

        def is_ready() -> bool:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            try:
                self._check(self.settings)
            except NotReadyError:
                return False
            return True

        eventually(is_ready, seconds=START_SECONDS)
        return self

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
