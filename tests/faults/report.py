"""The results as a table, in a separate file and between the marks of a document."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import machine
from swipestream.settings import REPO_ROOT
from tests.faults.watch import Result

BEGIN = "<!-- faults: begin, written by make test-faults -->"
END = "<!-- faults: end -->"
FOLDER = REPO_ROOT / ".swipestream" / "faults"
HEADINGS = (
    "fault", "sent meanwhile", "processes back after", "live again after that",
    "from fault to live", "lost", "doubled", "mismatched", "stale alerts",
)  # fmt: skip


def table(results: Sequence[Result], rate: float) -> str:
    """Markdown: the machine, then a row for each fault."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, {rate:g} payments/s, 5 % of them delayed and "
        "2 % sent twice.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "| --- |" + " ---: |" * (len(HEADINGS) - 1),
    ]
    for result in results:
        figures = (
            f"{result.sent:,}",
            f"{result.back_seconds:.1f} s",
            f"{result.live_seconds:.1f} s",
            f"{result.outage_seconds:.1f} s",
            *map(str, (result.lost, result.doubled, result.mismatched, result.stale_alerts)),
        )
        lines.append(f"| {result.text} | " + " | ".join(figures) + " |")
    return "\n".join(lines) + "\n"


def write(results: Sequence[Result], rate: float, folder: Path = FOLDER) -> Path:
    """
    Write faults.json and faults.md.

    :return: the second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine(), "rate": rate, "faults": [item.as_dict() for item in results]}
    (folder / "faults.json").write_text(json.dumps(content, indent=2) + "\n")
    path = folder / "faults.md"
    path.write_text(table(results, rate))
    return path


def fill(document: Path, text: str) -> None:
    """
    Put a table between the marks of a document.

    :raises ValueError: it has no marks.
    """
    old = document.read_text()
    if BEGIN not in old or END not in old:
        raise ValueError(f"{document} has no marks for the table: {BEGIN} and {END}")
    head, _, rest = old.partition(BEGIN)
    document.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}")
