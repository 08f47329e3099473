"""Every file of the schema `dashboards` says what it is, and what it reads."""

import re
from pathlib import Path

import pytest

from swipestream.database.dashboard_schema import FILES, POSTGRES_DIR

PATHS = [POSTGRES_DIR / f"{name}.sql" for name in FILES]
HEADER_LINES = ("Grain", "Reads", "Units", "Source")
_RELATION = re.compile(r"\b(?:FROM|JOIN)\s+(?:dashboards\.)?([a-z][a-z0-9_]*)\b")
_CTE = re.compile(r"\b([a-z][a-z0-9_]*) AS \(\s*SELECT\b")
_MADE = re.compile(
    r"^CREATE (?:TABLE|VIEW|MATERIALIZED VIEW|FUNCTION) dashboards\.(\w+)", re.MULTILINE
)
# Not read: the argument of EXTRACT, and the row of a function's own variable.
_OTHERS = {"committed_at"}


def code(path: Path) -> str:
    """Without comments and without text in quotes."""
    text = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
    return re.sub(r"'[^']*'", "''", text)


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_header_says_what_the_file_is(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith(f"-- {path.stem}: ") and lines[0].endswith((".", ",", ":"))
    found = [match[1] for line in lines if (match := re.match(r"-- ([A-Z]\w+):\s+\S", line))]
    # A line that has nothing true to say is left out.
    assert found == [word for word in HEADER_LINES if word in found]
    assert {"Grain", "Source"} <= set(found)
    assert not re.search(r"^-- \w+:\s+none\b", "\n".join(lines), re.MULTILINE)


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_reads_names_what_the_sql_reads(path: Path) -> None:
    header = re.search(r"^-- Reads:\s+(.*(?:\n--\s{6,}.*)*)", path.read_text("utf-8"), re.MULTILINE)
    said = set(re.findall(r"\w+", header[1].replace("--", " "))) if header else set()
    assert said == set(_RELATION.findall(code(path))) - set(_CTE.findall(code(path))) - _OTHERS


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_file_name_is_the_object_it_makes(path: Path) -> None:
    assert _MADE.findall(code(path)) == [path.stem]
    assert not re.search(r"SELECT\s+\*", code(path))
