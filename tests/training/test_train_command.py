"""`swipestream train` from the streaming environment: what it starts, what it says without it."""

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from swipestream.cli import main
from swipestream.models import training_process as process
from tests.udfs.tiny_bundle import publish_tiny_bundle
from udfs.model_bundle import CHALLENGER, CHAMPION, read_pointer

# Writes down its arguments, and perhaps an outcome.
RECORDER = """#!{python}
import json, os, sys
outcome = sys.argv[sys.argv.index("--outcome") + 1]
json.dump([sys.argv[1:], os.environ.get("DATABASE_URL")], open({record!r}, "w"))
if {outcome!r}:
    open(outcome, "w").write({outcome!r})
sys.exit({status})
"""


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, outcome: str) -> Path:
    """Another program instead of the training environment's Python; the file that it writes."""
    record = tmp_path / "arguments.json"
    python = tmp_path / "python"
    python.write_text(
        RECORDER.format(python=sys.executable, record=str(record), outcome=outcome, status=status)
    )
    python.chmod(0o755)
    monkeypatch.setattr(process, "TRAINING_PYTHON", python)
    monkeypatch.chdir(tmp_path)
    return record


def test_a_missing_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TRAINING_PYTHON", tmp_path / "python")
    run = CliRunner().invoke(main, ["train"])
    assert run.exit_code == 1
    assert run.output == f"error: {tmp_path / 'python'} does not exist\nhint: run `make setup`\n"


def test_arguments_and_the_exit_code_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = stand_in(tmp_path, monkeypatch, status=3, outcome="")
    given = ["--world", "w", "--out", "m", "--promote", "--until", "2030-01-02", "--trials", "5"]
    run = CliRunner().invoke(main, ["train", *given, "--block-insult-cents", "9"])
    assert run.exit_code == 3
    arguments, database_url = json.loads(record.read_text())
    assert arguments[:-2] == [
        *("-m", "training"),
        *("--out", str(tmp_path / "m")),
        *("--world", str(tmp_path / "w")),
        *("--until", "2030-01-02T00:00:00"),
        *("--trials", "5"),
        *("--block-insult-cents", "9.0"),
        *("--from", "world"),
        *("--seed", "7"),
    ]
    assert not database_url, "only --from postgres needs the database"


def test_the_password_goes_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = stand_in(tmp_path, monkeypatch, status=1, outcome="")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@host:5432/payments")
    CliRunner().invoke(main, ["train", "--from", "postgres", "--out", "m"])
    arguments, database_url = json.loads(record.read_text())
    assert database_url == "postgresql://me:secret@host:5432/payments"
    assert "--world" not in arguments
    assert not any("secret" in argument for argument in arguments)


@pytest.mark.parametrize(
    ("verdict", "options", "champion", "pointer"),
    [
        ("passed", [], None, CHAMPION),
        ("passed", [], "older", CHALLENGER),
        ("passed", ["--promote"], "older", CHAMPION),
        ("passed", ["--no-promote"], None, None),
        ("refused", [], None, None),
        ("refused", ["--promote"], "older", None),
    ],
)
def test_the_verdict_says_what_a_model_becomes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verdict: str,
    options: list[str],
    champion: str | None,
    pointer: str | None,
) -> None:
    models = tmp_path / "m"
    version = publish_tiny_bundle(models, promote=False)
    before = publish_tiny_bundle(models, shift=1.0) if champion else None
    outcome = json.dumps({"version": version, "verdict": verdict})
    stand_in(tmp_path, monkeypatch, status=0, outcome=outcome)
    run = CliRunner().invoke(main, ["train", "--out", "m", *options])
    assert run.exit_code == 0, run.output
    found = {name: read_pointer(models, name) for name in (CHAMPION, CHALLENGER)}
    assert found == {CHAMPION: before, CHALLENGER: None} | ({pointer: version} if pointer else {})
    if pointer:
        assert f"{pointer:<24}now {version}" in run.output
    elif verdict == "refused":
        assert "the gate refused the model" in run.output


def test_help_shows_examples_and_defaults() -> None:
    run = CliRunner().invoke(main, ["train", "--help"], terminal_width=200)
    assert run.exit_code == 0
    assert "swipestream train --promote" in run.output
    training = pytest.importorskip("training.decide.decision_costs")
    costs = training.DecisionCosts()
    for name in ("review_cents", "review_insult_cents", "block_insult_cents", "caught_in_review"):
        stated = re.search(rf"--{name.replace('_', '-')} .*?\[default: ([\d.]+)\]", run.output)
        assert stated, name
        assert float(stated[1]) == getattr(costs, name)
