"""Rows that cannot be mapped are counted and kept, with the reason, without card numbers."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from swipestream.cli import main
from swipestream.sending.produce_file import Job, open_job
from swipestream.settings import Settings
from tests.sending.conftest import KEY, assert_no_card_number


def run(job: Job) -> list[dict[str, object]]:
    """Map a file; what is in the side file then."""
    job.rehearse()
    job.side_file.close()
    if not job.side_file.path.exists():
        return []
    return [json.loads(line) for line in job.side_file.path.read_text().splitlines()]


def test_each_bad_row_has_its_number_and_reason(
    settings: Settings, files: Path, tmp_path: Path
) -> None:
    job = open_job(settings, files / "sparkov_bad.csv", None, tmp_path / "side.jsonl")
    reasons = {row["row"]: row["reason"] for row in run(job)}
    assert reasons == {
        2: "cc_num: the card number is not 12 to 19 digits",
        3: "cc_num: the card number is not 12 to 19 digits",
        4: "trans_date_trans_time: 'yesterday' is not a time (iso)",
        5: "amt: '****4444 euros' is not an amount",
        6: "amount_cents is below 0",
        7: "has 4 values for 14 columns",
        9: "transaction_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -",
        10: "cc_num: it is empty",
    }
    assert (job.summary.rows, job.summary.payments, job.summary.rejected) == (11, 3, 8)


def test_bad_lines_of_json(settings: Settings, files: Path, tmp_path: Path) -> None:
    job = open_job(settings, files / "native.jsonl", None, tmp_path / "side.jsonl")
    reasons = {row["row"]: row["reason"] for row in run(job)}
    assert reasons == {
        3: "not JSON",
        4: "card_id looks like a card number: send a keyed hash",
        5: "amount_cents: '990.5' is not a whole number",
        6: "not a JSON object",
        8: "merchant_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -",
    }
    assert job.summary.payments == 3
    # t5 is older than t2 before it.
    assert job.summary.disordered == 1


@pytest.mark.parametrize("name", ["sparkov.csv", "sparkov_bad.csv", "native.jsonl"])
def test_no_card_number_gets_out(name: str, files: Path, tmp_path: Path) -> None:
    side = tmp_path / "side.jsonl"
    result = CliRunner().invoke(
        main,
        ["produce", str(files / name), "--dry-run", "--rejects", str(side)],
        env={"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY},
    )
    assert result.exit_code == 0, result.output
    assert "transaction_id" in result.stdout
    assert_no_card_number(result.output)
    if name != "sparkov.csv":
        assert_no_card_number(side.read_text())
    else:
        assert not side.exists()


def test_no_card_number_gets_out_of_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("4111111111111111,b\n1,2\n")
    result = CliRunner().invoke(main, ["produce", str(tmp_path / "x.csv"), "--dry-run"])
    assert result.exit_code == 1
    assert "fits the columns ****1111, b" in result.output
    assert_no_card_number(result.output)


# Clears a terminal, forges a line, sets a window's title, and turns the direction of writing.
STRANGE = "a\x1b[2J\nhint: b\x1b]0;c\x07\u202e.csv"
SHOWN = r"a\x1b[2J\nhint: b\x1b]0;c\x07\u202e.csv"


@pytest.mark.parametrize("rows", [None, "", "sparkov_bad.csv"])
def test_the_name_of_a_file_writes_nothing_to_the_terminal(
    rows: str | None, files: Path, tmp_path: Path
) -> None:
    path = tmp_path / STRANGE
    if rows is not None:
        path.write_text((files / rows).read_text() if rows else "")
    result = CliRunner().invoke(
        main,
        ["produce", str(path), "--dry-run", "--rejects", str(tmp_path / f"{STRANGE}.jsonl")],
        env={"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY},
    )
    assert result.exit_code == (0 if rows else 1)
    assert SHOWN in result.stderr
    assert "".join(result.output.splitlines()).isprintable()


def test_the_command_says_how_many_and_why(files: Path, tmp_path: Path) -> None:
    arguments = [
        "produce", str(files / "sparkov_bad.csv"), "--dry-run",
        "--rejects", str(tmp_path / "side.jsonl"), "--with-labels",
    ]  # fmt: skip
    environment = {"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY}
    result = CliRunner().invoke(main, arguments, env=environment)
    assert result.exit_code == 0
    assert "12 lines read: 1 of the header, 11 rows" in result.stderr
    assert "11 rows read: 3 payments would be sent" in result.stderr
    assert "3 labels would be sent, 1 of them fraud" in result.stderr
    assert "warning: 8 of 11 rows refused" in result.stderr
    assert (
        "1 payments go without a place: latitude is not between -90 and 90 (first in line 9)"
        in result.stderr
    )
    assert "2 x cc_num: the card number is not 12 to 19 digits" in result.stderr
    assert len(result.stdout.splitlines()) == 3
    assert CliRunner().invoke(main, [*arguments, "--strict"], env=environment).exit_code == 1


@pytest.mark.parametrize("key", ["changeme-changeme-changeme", "k3y", "your-secret-key-goes-here"])
def test_placeholder_keys_are_refused(key: str, files: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        ["produce", str(files / "sparkov.csv"), "--dry-run"],
        env={"SWIPESTREAM_HOME": str(tmp_path), "CARD_HASH_KEY": key},
    )
    assert result.exit_code == 1
    assert "error: CARD_HASH_KEY is a placeholder" in result.stderr
    assert key not in result.output


def test_a_key_is_made_and_kept(files: Path, tmp_path: Path) -> None:
    environment = {"SWIPESTREAM_HOME": str(tmp_path), "CARD_HASH_KEY": ""}
    first, second = (
        CliRunner().invoke(
            main, ["produce", str(files / "sparkov.csv"), "--dry-run"], env=environment
        )
        for _ in range(2)
    )
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert "CARD_HASH_KEY" in (tmp_path / "secrets.env").read_text()


def test_a_side_file_that_cannot_be_written(files: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        ["produce", str(files / "sparkov_bad.csv"), "--dry-run", "--rejects",
         str(tmp_path / "no" / "side.jsonl")],
        env={"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY},
    )  # fmt: skip
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "hint: name another with --rejects" in result.stderr


def test_limit(settings: Settings, files: Path) -> None:
    job = open_job(settings, files / "sparkov.csv", None, None)
    job.limit = 4
    run(job)
    assert job.summary.rows == job.summary.payments == 4
