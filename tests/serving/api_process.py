"""A decision API that a test starts for itself, and a way to ask it."""

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from swipestream.decisions import api_keys, program
from swipestream.settings import Settings
from tests.serving.server_process import ServerProcess


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


class ApiProcess(ServerProcess):
    """The decision API, and a key for it."""

    def __init__(self, settings: Settings, secret: str) -> None:
        super().__init__(
            settings,
            "decision-api",
            [str(program.python()), "-m", "serving.decisions"],
            program.environment(settings),
            program.check,
        )
        self._secret = secret

    def client(self) -> Client:
        """A new connection."""
        return Client(self.settings, self._secret)

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
