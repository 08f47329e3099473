"""`swipestream train` from the streaming environment: what it starts, what it says without it."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from swipestream import training_process as command
from swipestream.cli import main

RECORDER = """#!{python}
import json, sys
json.dump(sys.argv[1:], open({record!r}, "w"))
sys.exit(3)
"""


def test_a_missing_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TRAINING_PYTHON", tmp_path / "python")
    run = CliRunner().invoke(main, ["train"])
    assert run.exit_code == 1
    assert run.output == f"error: {tmp_path / 'python'} does not exist\nhint: run `make setup`\n"


def test_arguments_and_the_exit_code_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "arguments.json"
    python = tmp_path / "python"
    python.write_text(RECORDER.format(python=sys.executable, record=str(record)))
    python.chmod(0o755)
    monkeypatch.setattr(command, "TRAINING_PYTHON", python)
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["train", "--world", "w", "--out", "m", "--promote"])
    assert run.exit_code == 3
    assert json.loads(record.read_text()) == [
        *("-m", "training"),
        *("--world", str(tmp_path / "w")),
        *("--out", str(tmp_path / "m")),
        *("--seed", "7"),
        "--promote",
    ]


def test_help_shows_examples() -> None:
    run = CliRunner().invoke(main, ["train", "--help"])
    assert run.exit_code == 0
    assert "swipestream train --promote" in run.output
