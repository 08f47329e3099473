"""Which server gets which password, and the error when it is refused."""

import dataclasses
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swipestream.jobs import client, cluster_jobs
from swipestream.settings import LOOPBACK, Settings
from swipestream.stack import flink
from swipestream.stack.generated_secrets import ensure_secrets
from swipestream.stack.program import NotReadyError


class Door(http.server.BaseHTTPRequestHandler):
    """Refuses everybody and remembers their requests."""

    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def door() -> Iterator[tuple[int, list[str | None]]]:
    """A server's port, and the passwords it was shown."""
    seen: list[str | None] = []
    handler = type("OneDoor", (Door,), {"seen": seen})
    with http.server.HTTPServer((LOOPBACK, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, seen
        server.shutdown()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return ensure_secrets(Settings.load({"SWIPESTREAM_HOME": str(tmp_path)}, tmp_path / "no.env"))


def test_a_wrong_password_is_said_with_where_it_is_from(
    settings: Settings, door: tuple[int, list[str | None]]
) -> None:
    port, seen = door
    own = dataclasses.replace(settings, flink_rest_port=port)
    with pytest.raises(NotReadyError, match=r"does not know the password of .*secrets\.env"):
        flink.rest(own, "/overview")
    assert seen == [flink.authorization(own)] != [""]


def test_the_embedded_clusters_password_is_shown_to_no_other(
    settings: Settings, door: tuple[int, list[str | None]]
) -> None:
    port, seen = door
    target = cluster_jobs.with_target(settings, f"{LOOPBACK}:{port}")
    with pytest.raises(NotReadyError, match="FLINK_REST_PASSWORD"):
        flink.rest(target, "/overview")
    assert seen == [None]
    with pytest.raises(NotReadyError):
        flink.rest(dataclasses.replace(target, flink_rest_password="theirs"), "/overview")
    assert seen[1] != flink.authorization(settings)


def test_another_users_server_is_not_shown_the_password(
    settings: Settings, door: tuple[int, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = door
    monkeypatch.setattr(flink, "is_of_another_user", lambda asked: asked == port)
    with pytest.raises(NotReadyError, match=f"port {port} is taken by another user"):
        flink.rest(dataclasses.replace(settings, flink_rest_port=port), "/overview")
    assert seen == []


def test_flinks_configuration_has_the_hash_alone(settings: Settings, tmp_path: Path) -> None:
    login = f"swipestream:{settings.embedded_flink_password}"
    text = flink.configuration_text(flink.configuration(settings))
    assert hashlib.sha256(login.encode()).hexdigest() in text
    assert settings.embedded_flink_password not in text
    # A client that submits to another Flink writes the same file.
    elsewhere = dataclasses.replace(settings, flink_rest="flink:8081", flink_rest_password="x")
    assert flink.configuration_text(flink.configuration(elsewhere)) == text
    never_up = Settings.load({"SWIPESTREAM_HOME": str(tmp_path / "new")}, tmp_path / "no.env")
    assert flink.configuration(never_up)[flink.LOGIN_SHA256] == ""


def test_flinks_client_is_told_by_its_environment(settings: Settings) -> None:
    told = client.client_environment(settings)["FLINK_REST_CLIENT_HEADERS"]
    assert told == f"Authorization:{flink.authorization(settings)}"
