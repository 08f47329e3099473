"""SQL cases: folders of input rows and the rows (or the error) that must come out of them."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flink_jobs import load_labels, score_payments
from flink_jobs.job import Job

CASES_ROOT = Path(__file__).parent
JOBS = {job.folder: job for job in (score_payments.JOB, load_labels.JOB)}

Row = dict[str, Any]

_KAFKA_COLUMNS = ("kafka_time", "kafka_partition", "kafka_offset")


@dataclass(frozen=True)
class Case:
    """
    One claim about one view.

    :param job: whose file it is.
    :param file: the job's file under test, for example ``history/card_activity``.
    :param claim: the folder's name.
    :param folder: where the rows are; ``<relation>.jsonl`` each and ``expect.jsonl``.
    """

    job: Job
    file: str
    claim: str
    folder: Path

    @property
    def relation(self) -> str:
        """The view under test."""
        return self.file.rsplit("/", 1)[1]

    @property
    def name(self) -> str:
        """The name of the test."""
        return f"{self.file}/{self.claim}"

    @property
    def inputs(self) -> dict[str, Path]:
        """Input files by the relation they stand for."""
        return {
            path.stem: path for path in sorted(self.folder.glob("*.jsonl")) if path.stem != "expect"
        }

    def expected(self) -> list[Row]:
        """The rows that must come out; only the columns they name are compared."""
        return read_rows(self.folder / "expect.jsonl")


def all_cases() -> list[Case]:
    """Every case of a job's view, in a fixed order."""
    return [
        Case(
            job,
            "/".join(path.parent.relative_to(CASES_ROOT / folder).parts[:-1]),
            path.parent.name,
            path.parent,
        )
        for folder, job in JOBS.items()
        for path in sorted((CASES_ROOT / folder).glob("*/*/*/expect.jsonl"))
    ]


def read_rows(path: Path) -> list[Row]:
    """The rows of one JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def input_lines(path: Path, columns: list[str]) -> list[str]:
    """
    The lines of an input file, completed with what a case should not have to spell out.

    ``event_ms`` follows from ``event_time``; Kafka's coordinates follow from the line's number and
    its time. A line that is not a JSON object stays as it is.

    :param columns: the relation's columns, which decide what is filled in.
    """
    lines = path.read_text("utf-8").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [_completed(line, number, set(columns)) for number, line in enumerate(lines)]


def as_messages(path: Path) -> list[str]:
    """
    The lines of an input file as rows of a topic: each line a message in bytes, its number the
    offset. A message that names its own ``kafka_time`` came then, others at the case's beginning.
    """
    rows = []
    for number, line in enumerate(path.read_text("utf-8").split("\n")[:-1]):
        row: Row = {"message": base64.b64encode(line.encode()).decode()}
        if "kafka_time" in line:
            row["kafka_time"] = json.loads(line)["kafka_time"] + "Z"
        rows.append(_completed(json.dumps(row), number, set(_KAFKA_COLUMNS)))
    return rows


def as_text_column(path: Path) -> list[str]:
    """The lines of an input file as rows of a table of lines: Kafka's raw format, in a file."""
    return [
        _completed(json.dumps({"line": line}), number, set(_KAFKA_COLUMNS))
        for number, line in enumerate(path.read_text("utf-8").split("\n")[:-1])
    ]


def _completed(line: str, number: int, columns: set[str]) -> str:
    try:
        row = json.loads(line)
    except ValueError:
        return line
    if not isinstance(row, dict):
        return line
    added: Row = {"kafka_partition": 0, "kafka_offset": number}
    if "event_time" in row:
        added["event_ms"] = milliseconds(row["event_time"])
    elif isinstance(row.get("event_ms"), int) and "kafka_time" not in columns:
        # Where Kafka's time is a column too, the production DDL computes event_time itself.
        added["event_time"] = _timestamp(row["event_ms"])
    if "kafka_time" not in row:
        added["kafka_time"] = (row.get("event_time") or "2030-01-01 00:00:00.000") + "Z"
    extra = {k: v for k, v in added.items() if k not in row and k in columns}
    # Text surgery, not a second dump: the message's own bytes are what is under test.
    if not extra:
        return line
    body = line.rstrip()[:-1].rstrip()
    comma = "" if body.endswith("{") else ", "
    return body + comma + json.dumps(extra)[1:]


def milliseconds(text: str) -> int:
    """UTC epoch milliseconds of ``2030-01-01 00:00:00.000``."""
    moment = datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _timestamp(event_ms: int) -> str:
    moment = datetime.fromtimestamp(event_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def hold(name: str, found: list[str]) -> None:
    """
    Fail with the claim of a case and its differences, and no more.

    :param found: `differences`.
    """
    if found:
        pytest.fail("\n".join([name, *found]), pytrace=False)


def differences(expected: list[Row], actual: list[Row]) -> list[str]:
    """
    What differs, a line each; nothing when the rows agree.

    :param expected: rows that name the columns to compare; numbers agree to 9 digits.
    :param actual: rows with at least these columns, in any order.
    """
    columns = list(dict.fromkeys(name for row in expected for name in row))
    key = columns[0] if columns else None
    if key is None:
        return [f"unexpected row: {json.dumps(row, default=str)}" for row in actual]

    def order(row: Row) -> str:
        return json.dumps([row.get(name) for name in columns], default=str, sort_keys=True)

    wanted, found = sorted(expected, key=order), sorted(actual, key=order)
    lines = [
        f"{row[key]}: {name} is {json.dumps(other.get(name), default=str)}, "
        f"expected {json.dumps(row[name], default=str)}"
        for row, other in zip(wanted, found, strict=False)
        for name in row
        if not _same(row[name], other.get(name))
    ]
    lines += [f"missing row: {json.dumps(row, default=str)}" for row in wanted[len(found) :]]
    return lines + [
        f"unexpected row: {json.dumps({n: row.get(n) for n in columns}, default=str)}"
        for row in found[len(wanted) :]
    ]


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return abs(expected - actual) <= 1e-9 * max(1.0, abs(expected), abs(actual))
    return bool(expected == actual)
