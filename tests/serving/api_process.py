"""A decision API that a test starts for itself, and a way to ask it."""

import http.client
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg

from swipestream.decisions import api_keys, program
from swipestream.settings import Settings
from swipestream.stack.program import NotReadyError
from tests.eventually import eventually

START_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """
    What was answered.

    :param body: parsed; text if it is not JSON.
    :param headers: by name in lower case.
    """

    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """Asks an API with a key, over one connection."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._connection = http.client.HTTPConnection(
            settings.api_host, settings.api_port, timeout=30
        )
        self._secret = secret

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """
        :param body: sent as JSON, bytes as they are.
        :param headers: instead of the usual ones; `_` stands for `-`.
        """
        sent = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self._connection.request(method, path, content, sent)
        response = self._connection.getresponse()
        text = response.read().decode()
        found = {name.lower(): value for name, value in response.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json")
        return Reply(response.status, json.loads(text) if is_json else text, found)

    def decide(self, payment: dict[str, Any], query: str = "") -> Reply:
        """Ask for a decision."""
        return self.ask("POST", f"/v1/decisions{query}", payment)


def make_key(
    settings: Settings,
    name: str,
    scopes: tuple[str, ...] = ("decide", "read", "label"),
    rate: int = 100_000,
) -> str:
    """:return: the secret."""
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        return api_keys.create(connection, name, scopes, rate)


class ApiProcess:
    """The server as the supervisor would start it; its log is in the state folder."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self.settings = settings
        self.log = settings.state_dir / "logs" / "decision-api.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._secret = secret
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(program.python()), "-m", "serving.decisions"],
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

    def client(self) -> Client:
        """A new connection."""
        return Client(self.settings, self._secret)

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

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
