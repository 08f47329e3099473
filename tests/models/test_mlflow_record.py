"""How the commands call MLflow's program, and their one line when it fails."""

import json
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from swipestream.cli import main
from swipestream.errors import PortTakenError, ServiceError
from swipestream.models import mlflow_record
from swipestream.models.errors import RecordError
from swipestream.models.mlflow_pages import serve
from swipestream.models.mlflow_record import sync
from swipestream.settings import Settings
from swipestream.stack.ports import free_ports, is_free
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import CHALLENGER, write_pointer

Stand = Callable[[str], Path]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (port,) = free_ports(1)
    return Settings(home=str(tmp_path), mlflow_port=port)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a program in the place of MLflow's Python."""

    def put(body: str) -> Path:
        program = tmp_path / "python"
        program.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setattr(mlflow_record, "REGISTRY_PYTHON", program)
        return program

    return put


def test_the_program_is_told_models_and_pointers_and_to_call_nobody(
    settings: Settings, stand_in: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(f"json.dump([sys.argv[1:], dict(os.environ)], open({str(tmp_path / 'told')!r}, 'w'))")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    champion = publish_tiny_bundle(settings.models_dir)
    challenger = publish_tiny_bundle(settings.models_dir, shift=0.5, promote=False)
    write_pointer(settings.models_dir, CHALLENGER, challenger)
    sync(settings, ["m-1"])
    arguments, environment = json.loads((tmp_path / "told").read_text())
    assert arguments == [
        *("-m", "apps.mlflow"),
        *("--store", str(tmp_path / "mlflow")),
        *("--models", str(tmp_path / "models")),
        *("--champion", champion),
        *("--challenger", challenger),
        "m-1",
    ]
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == environment["DO_NOT_TRACK"] == "true"
    assert "MLFLOW_TRACKING_URI" not in environment


@pytest.mark.parametrize(
    ("body", "fact", "hint"),
    [
        (
            "sys.exit('error: the store is damaged\\nhint: restore it')",
            "not recorded: the store is damaged",
            "restore it, then run `swipestream model record m-1`",
        ),
        (
            "raise RuntimeError('no such thing')",
            "not recorded: RuntimeError: no such thing",
            "later run `swipestream model record m-1`",
        ),
        ("sys.exit(3)", "not recorded: status 3", "later run `swipestream model record m-1`"),
    ],
)
def test_a_failure_is_one_line_with_what_completes_it(
    settings: Settings, stand_in: Stand, body: str, fact: str, hint: str
) -> None:
    stand_in(body)
    with pytest.raises(RecordError) as raised:
        sync(settings, ["m-1"])
    assert (raised.value.fact, raised.value.hint) == (fact, hint)


def test_a_program_that_hangs_is_given_up(
    settings: Settings, stand_in: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("import time; time.sleep(60)")
    monkeypatch.setattr(mlflow_record, "TIMEOUT_SECONDS", 0.5)
    with pytest.raises(RecordError, match="MLflow does not answer: TimeoutExpired"):
        sync(settings)


def test_a_missing_environment_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_record, "REGISTRY_PYTHON", tmp_path / "none")
    with pytest.raises(RecordError, match="MLflow is not installed") as raised:
        sync(settings)
    assert raised.value.hint == "run `make registry`, `swipestream model record --all`"
    shown = CliRunner().invoke(main, ["mlflow"])
    assert shown.exit_code == 1
    assert shown.output == "error: MLflow is not installed\nhint: run `make registry`\n"


def test_a_taken_port_is_said(settings: Settings, stand_in: Stand) -> None:
    stand_in("")
    with (
        socket.create_server(("127.0.0.1", settings.mlflow_port)),
        pytest.raises(PortTakenError, match=r"\(MLFLOW_PORT\) is taken by"),
    ):
        serve(settings)


def test_pages_that_do_not_start_are_said(settings: Settings, stand_in: Stand) -> None:
    stand_in("sys.exit('no such table')")
    with pytest.raises(ServiceError, match="MLflow did not start: no such table") as raised:
        serve(settings)
    assert "logs/mlflow.log" in raised.value.hint


SERVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


def test_pages_are_on_loopback_and_end_with_the_context(
    settings: Settings, stand_in: Stand
) -> None:
    stand_in(SERVER)
    with closing(serve(settings)) as pages:
        assert pages.address == f"http://127.0.0.1:{settings.mlflow_port}"
        assert not is_free(settings.mlflow_port)
    assert is_free(settings.mlflow_port)
