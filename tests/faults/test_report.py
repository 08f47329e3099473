"""The table of the fault suite."""

from pathlib import Path

import pytest

from tests.faults.faults import FAULTS, chosen
from tests.faults.report import BEGIN, END, fill, table
from tests.faults.watch import Result

RESULT = Result("kill_kafka", "kill -9 Kafka", 4321, 2.5, 1.0, 4.0, 0, 0, 0, 0)


def test_a_row_for_each_fault() -> None:
    rows = table([RESULT], 500).splitlines()
    assert rows[-1] == "| kill -9 Kafka | 4,321 | 2.5 s | 1.0 s | 4.0 s | 0 | 0 | 0 | 0 |"


def test_the_table_replaces_the_one_before(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    fill(document, "new\n")
    assert document.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_error_a_document_without_marks(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text("nothing\n")
    with pytest.raises(ValueError, match="no marks"):
        fill(document, "new\n")


def test_faults_are_chosen_by_name() -> None:
    assert [fault.name for fault in chosen("kill_kafka, break_model")] == [
        "kill_kafka",
        "break_model",
    ]
    assert chosen("all") == list(FAULTS)
    with pytest.raises(ValueError, match="no fault kill_nobody"):
        chosen("kill_nobody")
