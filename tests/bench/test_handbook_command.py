"""`python -m bench handbook` from the streaming environment: what it starts."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.cli import main
from swipestream.models import training_process

RECORDER = """#!{python}
import json, sys
json.dump(sys.argv[1:], open({record!r}, "w"))
sys.exit(3)
"""


def test_options_and_the_exit_status_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, python = tmp_path / "arguments.json", tmp_path / "python"
    python.write_text(RECORDER.format(python=sys.executable, record=str(record)))
    python.chmod(0o755)
    monkeypatch.setattr(training_process, "TRAINING_PYTHON", python)
    monkeypatch.chdir(tmp_path)
    options = ["--quick", "--draws", "2", "--out", "o", "--report", "r.md"]
    run = CliRunner().invoke(main, ["handbook", *options])
    assert run.exit_code == 3
    assert json.loads(record.read_text()) == [
        *("-m", "bench.handbook", "--out", str(tmp_path / "o"), "--seed", "7", "--draws", "2"),
        *("--quick", "--report", str(tmp_path / "r.md")),
    ]


def test_a_missing_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_process, "TRAINING_PYTHON", tmp_path / "python")
    run = CliRunner().invoke(main, ["handbook"])
    assert run.exit_code == 1
    assert run.output == f"error: {tmp_path / 'python'} does not exist\nhint: run `make setup`\n"


def test_help_shows_examples() -> None:
    run = CliRunner().invoke(main, ["handbook", "--help"])
    assert run.exit_code == 0
    assert "python -m bench handbook --quick" in run.output
