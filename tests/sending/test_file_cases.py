"""Files as people have them: each folder of cases/ holds a file, options and expected payments."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from swipestream.commands.produce import report
from swipestream.errors import SwipestreamError
from swipestream.sending.input_files import TextForm
from swipestream.sending.produce_file import Job, open_job
from swipestream.sending.reference_rows import TABLES
from swipestream.settings import Settings

CASES = Path(__file__).parent / "cases"
# All cases are sent on the first day of 2030.
NOW_MS = 1_893_456_000_000


def case_file(case: Path, name: str) -> Path | None:
    """A file of a case, if it has it."""
    path = case / name
    return path if path.exists() else None


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_case(case: Path, settings: Settings, side_file: Path) -> Job:
    """The job of a case, as the command would make it."""
    how = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    mapping = how.get("mapping")
    job = open_job(
        settings,
        case / how["file"],
        str(case / mapping) if mapping and mapping.endswith(".toml") else mapping,
        side_file,
        how.get("with_labels", False),
        how.get("with_customers", False),
        TextForm(how.get("encoding"), how.get("delimiter")),
        how.get("decimal"),
        how.get("limit"),
    )
    job.now_ms = lambda: NOW_MS
    if how.get("shift_to_now"):
        job.shift_ms = NOW_MS - job.newest_ms()
    return job


def assert_rows(found: Sequence[Mapping[str, Any]], expected: Path) -> None:
    """As many rows as expected, in that order, with at least the values that are named."""
    wanted = rows_of(expected)
    named = [
        {name: row.get(name) for name in want} for row, want in zip(found, wanted, strict=False)
    ]
    assert named == wanted[: len(named)]
    assert len(found) == len(wanted)


@pytest.mark.parametrize(
    "case", sorted(CASES.iterdir()), ids=[path.name for path in sorted(CASES.iterdir())]
)
def test_case(
    case: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side_file = tmp_path / "side.jsonl"
    error = case_file(case, "error.txt")
    if error:
        with pytest.raises(SwipestreamError) as caught:
            open_case(case, settings, side_file)
        assert error.read_text(encoding="utf-8").strip() in str(caught.value)
        return
    job = open_case(case, settings, side_file)
    mapped = list(job.mapped())
    for row in mapped:
        job.count(row)
    job.side_file.close()
    assert_rows([row.payment for row in mapped if row.payment], case / "payments.jsonl")
    if labels := case_file(case, "labels.jsonl"):
        assert_rows([row.label for row in mapped if row.label], labels)
    for table, rows in job.references.items():
        columns = TABLES[table]
        found = [dict(zip(columns, map(plain, row), strict=True)) for row in rows.values()]
        if expected := case_file(case, f"{table}.jsonl"):
            assert_rows(found, expected)
    refused = rows_of(side_file) if side_file.exists() else []
    if expected := case_file(case, "refused.jsonl"):
        assert_rows(refused, expected)
    else:
        assert refused == []
    assert job.summary.rows == len(mapped) + len(refused)
    account = job.file.account
    assert account.missing == 0
    report(job, job.summary, 1.0, "would be sent", is_interrupted=False)
    said = "\n".join([*job.said(), capsys.readouterr().err])
    if expected := case_file(case, "said.txt"):
        for line in expected.read_text(encoding="utf-8").splitlines():
            assert line in said


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value if value is None or isinstance(value, str | int | float) else value.isoformat()
