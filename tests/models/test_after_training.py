"""What `swipestream train` does once the training program has ended, with the stream's models."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from swipestream.cli import main
from swipestream.models import training_process
from swipestream.models.audit import open_audit
from swipestream.settings import Settings
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer

pytestmark = pytest.mark.stack

Train = Callable[..., str]
STAND_IN = """#!{python}
import sys
open(sys.argv[sys.argv.index("--outcome") + 1], "w").write({outcome!r})
"""


@pytest.fixture
def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command as if training had left a model behind."""

    def run(version: str, verdict: str, *options: str) -> Result:
        outcome = json.dumps({"version": version, "verdict": verdict})
        program = tmp_path / "training-python"
        program.write_text(STAND_IN.format(python=sys.executable, outcome=outcome))
        program.chmod(0o755)
        monkeypatch.setattr(training_process, "TRAINING_PYTHON", program)
        result = CliRunner().invoke(main, ["train", *options])
        assert result.exit_code == 0, result.output
        return result

    return run


def pointers(settings: Settings) -> tuple[str | None, str | None]:
    folder = settings.models_dir
    return read_pointer(folder, CHAMPION), read_pointer(folder, CHALLENGER)


def test_champion_challenger_promoted_refused(
    settings: Settings, train: Train, after: Callable[..., Result]
) -> None:
    first = train()
    said = after(first, "passed")
    assert f"model {first} is the champion" in said.stdout
    assert "not recorded: MLflow is not installed" in said.stderr
    second = train(against=first)
    after(second, "passed")
    assert pointers(settings) == (first, second)
    third = train(against=first)
    after(third, "passed", "--promote")
    assert pointers(settings) == (third, second)
    fourth = train("refused", third)
    assert "the gate refused it" in after(fourth, "refused", "--promote").stdout
    fifth = train(against=third)
    after(fifth, "passed", "--no-promote")
    assert pointers(settings) == (third, second)
    with open_audit(settings) as audit:
        noted = [(change.action, change.to_version) for change in audit.changes()]
    assert noted == [
        ("promote", first),
        ("challenge", second),
        ("promote", third),
        ("refuse", fourth),
    ]


def test_without_a_database_the_model_stays_and_the_command_for_later_is_said(
    settings: Settings,
    train: Train,
    after: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = train()
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/nowhere")
    said = after(version, "passed").stderr
    assert said.startswith("not recorded: the database does not answer")
    assert said.endswith(f"later run `swipestream model record {version}`\n")
    assert pointers(settings) == (None, None)
    assert (settings.models_dir / version / "bundle.json").exists()
