"""The files in samples/ pass as they are and hold no card number."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from swipestream.card_numbers.finding import holds_card_number
from swipestream.cli import main
from swipestream.settings import REPO_ROOT

SAMPLES = REPO_ROOT / "samples"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["payments.csv"], "200 rows read: 200 payments would be sent"),
        (["one_fraud.jsonl"], "7 rows read: 7 payments would be sent"),
        (
            ["one_fraud_labels.csv", "--mapping", SAMPLES / "labels.toml"],
            "3 labels would be sent, 3 of them fraud",
        ),
    ],
)
def test_a_dry_run_refuses_nothing(
    arguments: list[str | Path], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWIPESTREAM_HOME", str(tmp_path / "home"))
    file, *options = arguments
    result = CliRunner().invoke(
        main, ["produce", str(SAMPLES / file), *map(str, options), "--dry-run", "--strict"]
    )
    assert result.exit_code == 0, result.output
    assert said in result.output
    assert "warning" not in result.output
    assert not list(tmp_path.glob("*.rejects.jsonl"))


@pytest.mark.parametrize("file", sorted(SAMPLES.iterdir()), ids=lambda file: file.name)
def test_there_is_no_card_number(file: Path) -> None:
    for line in file.read_text("utf-8").splitlines():
        assert not any(holds_card_number(value) for value in line.split(",")), line
