"""`swipestream simulate` writes what it reports and refuses impossible options."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from swipestream.cli import main
from swipestream.console.durations import DURATION

SMALL = ("--customers", "200", "--merchants", "60", "--days", "10", "--end", "2030-01-01")


def simulate(home: Path, *arguments: object) -> Result:
    """Run the command with a separate state folder."""
    return CliRunner().invoke(
        main,
        ["simulate", *(str(argument) for argument in arguments)],
        env={"SWIPESTREAM_HOME": str(home)},
    )


def test_a_world_goes_to_the_state_folder(tmp_path: Path) -> None:
    result = simulate(tmp_path, "world", *SMALL)
    assert result.exit_code == 0, result.output
    facts = json.loads((tmp_path / "world" / "world.json").read_text())
    assert facts["end_at"] == "2030-01-01T00:00:00.000+00:00"
    assert pq.read_table(tmp_path / "world" / "payments.parquet").num_rows == facts["payments"]
    assert f"{facts['payments']:,} payments" in result.stderr
    assert result.stdout == ""


def test_the_same_file_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert simulate(tmp_path, "file", tmp_path / f"{name}.jsonl", *SMALL).exit_code == 0
    one = (tmp_path / "one.jsonl").read_bytes()
    assert one == (tmp_path / "two.jsonl").read_bytes()
    assert simulate(tmp_path, "file", tmp_path / "x.parquet", *SMALL).exit_code == 0
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert rows == [json.loads(line) for line in one.splitlines()]


def test_a_file_of_a_world_already_made(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert simulate(tmp_path, "world", *SMALL, "--out", folder).exit_code == 0
    assert simulate(tmp_path, "file", tmp_path / "a.jsonl", "--world", folder).exit_code == 0
    assert simulate(tmp_path, "file", tmp_path / "b.jsonl", *SMALL).exit_code == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_messy_file(tmp_path: Path) -> None:
    result = simulate(
        tmp_path, "file", tmp_path / "messy.jsonl", *SMALL, "--late", 0.1, "--duplicate", 0.1
    )
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "messy.jsonl").read_text().splitlines()
    assert f"{len(lines):,} messages" in result.stderr
    duplicates = len(lines) - len(set(lines))
    assert f"{duplicates:,} duplicate" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("world", "--customers", 0), "error: customers = 0 is not between 10 and 1000000"),
        (("world", "--fraud-share", 2), "error: fraud share 2.0 is not in"),
        (("world", "--scenarios", "nowhere"), "error: nowhere has no fraud scenario"),
        (("stream", "--world", "nowhere"), "error: nowhere/world.json does not exist"),
        (("stream", "--rate", 0), "error: rate 0 is not above 0"),
        (("stream", "--late", 2), "error: share 2 of late is not between 0 and 1"),
        (("stream", "--burst", 99), "is more than 60 s at the rate"),
        (("file", "x.jsonl", "--malformed", -1), "error: share -1 of malformed"),
    ],
)
def test_mistakes_are_one_fact_and_a_hint(
    arguments: tuple[object, ...], fact: str, tmp_path: Path
) -> None:
    result = simulate(tmp_path, *arguments)
    assert result.exit_code == 1
    assert fact in result.stderr
    assert "hint: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("file", "x.csv"), "must end in .jsonl or .parquet"),
        (
            ("file", "x.parquet", "--late", 0.1),
            "the disorder options need a file that ends in .jsonl",
        ),
        (("stream", "--for", "soon"), "'soon' is not a duration"),
        (("stream", "--for", "0s"), "'0s' is not a duration"),
    ],
)
def test_wrong_use(arguments: tuple[object, ...], fact: str, tmp_path: Path) -> None:
    result = simulate(tmp_path, *arguments)
    assert result.exit_code == 2
    assert fact in result.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("2h", 7200), ("300ms", 0.3), ("7", 7)]
)
def test_durations(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == pytest.approx(seconds)
