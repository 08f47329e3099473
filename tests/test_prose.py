"""scripts/prose.py finds a phrase in prose, and leaves code, data and generated tables alone."""

from pathlib import Path

import pytest

from scripts import prose


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> list[str]:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
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


def test_strings_of_tests_are_not_prose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        '"""Made anew."""\n# likewise\n\n\ndef test() -> None:\n'
        '    # Why.\n    """Mended."""\n    assert f("anew") == ["anew",\n        "anew"]\n'
    )
    assert found(tmp_path, monkeypatch, "tests/test_a.py", text) == [
        "tests/test_a.py:1: 'anew'",
        "tests/test_a.py:2: 'likewise'",
        "tests/test_a.py:7: 'Mended'",
    ]


@pytest.mark.parametrize(
    ("name", "text", "faults"),
    [
        ("a.sql", "-- a: made\n--    anew\nSELECT '-- anew' AS anew -- likewise\n", [2, 3]),
        ("A.java", '/** Made\n * anew. */\nString anew = "// anew"; // likewise\n', [2, 3]),
        ("A.java", "char anew = '\"'; // anew \"\n", [1]),
    ],
)
def test_comments_of_sql_and_java(
    name: str,
    text: str,
    faults: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [int(fault.split(":")[1]) for fault in found(tmp_path, monkeypatch, name, text)]
    assert sorted(lines) == faults


def test_files_that_are_checked_exist_and_are_clean() -> None:
    files = prose.files()
    names = {file.name for file in files}
    assert {"README.md", "cli.py", "produce.py", ".env.example", "test_prose.py"} <= names
    assert {"card_activity.sql", "TrailingWindows.java"} <= names
    assert "0001_people_and_policy.sql" not in names
    assert [fault for file in files for fault in prose.faults(file)] == []
