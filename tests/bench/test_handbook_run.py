"""A quick run from the command line: tables, pictures and what goes into a document."""

import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from click.testing import CliRunner, Result

from bench.handbook.__main__ import main
from bench.handbook.marks import BEGIN, END
from bench.handbook.report import PICTURES
from bench.handbook.run import FOREST, LOGISTIC, OURS, REFERENCE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "doc.md").write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter.\n")
    return folder


@pytest.fixture(scope="module")
def quick(folder: Path) -> Result:
    options = ["--quick", "--out", str(folder / "out"), "--report", str(folder / "doc.md")]
    return CliRunner().invoke(main, options, catch_exceptions=False)


def test_every_model_has_a_row(quick: Result) -> None:
    assert quick.exit_code == 0, quick.output
    for name in (LOGISTIC, FOREST, OURS, REFERENCE, "published: XGBoost"):
        assert f"| {name} |" in quick.stdout.replace("*", "")


def test_the_document_gets_tables_and_pictures(quick: Result, folder: Path) -> None:
    text = (folder / "doc.md").read_text()
    assert text.startswith(f"# Before\n\n{BEGIN}\n`python -m bench") and text.endswith(
        f"{END}\n\nAfter.\n"
    )
    assert "old" not in text and f"**{OURS}**" in text
    for name in PICTURES:
        assert f"(img/{name})" in text
        assert 5_000 < (folder / "img" / name).stat().st_size < 100_000


def test_the_results_are_a_file(quick: Result, folder: Path) -> None:
    found = json.loads((folder / "out" / "handbook.json").read_text())
    (draw,) = found["draws"]
    weeks = draw["models"][OURS]["weeks"]
    assert len(weeks) == 2
    assert all(0 < week["average_precision"] <= 1 for week in weeks)
    assert found["average_precision"]["low"] < found["average_precision"]["high"]
    assert found["choice"]["train_days"] in (7, 14)


def test_a_document_without_marks_is_said_at_once(tmp_path: Path) -> None:
    document = tmp_path / "doc.md"
    document.write_text("nothing")
    run = CliRunner().invoke(main, ["--out", str(tmp_path), "--report", str(document)])
    assert run.exit_code == 1
    assert f"error: {document} has no marks for the tables\nhint: add the lines" in run.stderr
