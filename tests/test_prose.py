"""scripts/prose.py finds a phrase in prose, and leaves code and generated tables alone."""

from pathlib import Path

import pytest

from scripts import prose


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> list[str]:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    (tmp_path / name).write_text(text, "utf-8")
    return [fault.split(": write")[0] for fault in prose.faults(tmp_path / name)]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("A Kafka\nof yours.\n", ["a.md:2: 'of yours'"]),
        ("One.\n\nIt is no\nnumber.\n", ["a.md:3: 'is no number'"]),
        ("There is no number.\n", []),
        ("The option `--anew` and [this](adr/anew.md).\n", []),
        ("```\nmade anew\n```\nmade anew\n", ["a.md:4: 'anew'"]),
        ("<!-- x: begin, written -->\nlikewise\n<!-- x: end -->\n", []),
    ],
)
def test_documents(
    text: str, faults: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(tmp_path, monkeypatch, "a.md", text) == faults


def test_python_names_are_not_prose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '"""Tables\nmade anew."""\nfrom a import anew\n# It is\n# no use.\nx = "likewise"\n'
    assert found(tmp_path, monkeypatch, "a.py", text) == [
        "a.py:2: 'anew'",
        "a.py:6: 'likewise'",
        "a.py:4: 'is no use'",
    ]


def test_files_that_are_checked_exist_and_are_clean() -> None:
    files = prose.files()
    assert {"README.md", "cli.py", "produce.py", ".env.example"} <= {file.name for file in files}
    assert [fault for file in files for fault in prose.faults(file)] == []
