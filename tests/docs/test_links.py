"""Every file, folder and section that a document or a SQL header points to exists."""

import re
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT
from tests.docs.documents import DOCUMENTS, anchors, inline_code, name, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SQL_REFERENCE = re.compile(r'(docs/[\w/]+\.md)(?:, "([^"]+)")?')
# Files that the reader makes, and folders of a running stack.
_NOT_HERE = re.compile(r"[<>*{}…]|NNNN|\.\.\.|^(models|world)/$|^~|^/|^s3:")


def top_level() -> set[str]:
    return {path.name for path in REPO_ROOT.iterdir()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in _LINK.findall(prose(document)):
        if link.startswith(("http:", "https:")):
            continue
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        assert target.exists(), f"{link} does not exist"
        if anchor:
            assert anchor in anchors(target), f"{link}: {name(target)} has no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_paths_exist(document: Path) -> None:
    for text in inline_code(document):
        path = text.removeprefix("./")
        is_path = re.fullmatch(r"[\w./<>*{}-]+/[\w./<>*{}-]*", path) and not _NOT_HERE.search(path)
        if is_path and path.split("/")[0] in top_level():
            assert (REPO_ROOT / path).exists(), f"`{text}` does not exist"


def test_sections_that_sql_headers_name_exist() -> None:
    found = 0
    for file in (REPO_ROOT / "sql").rglob("*.sql"):
        text = re.sub(r"\n--\s*", " ", file.read_text("utf-8"))
        for document, heading in _SQL_REFERENCE.findall(text):
            found += 1
            path = REPO_ROOT / document
            assert path.exists(), f"{file.name} names {document}"
            if heading:
                anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
                assert anchor in anchors(path), f"{file.name} names {document}, {heading}"
    assert found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_no_line_break_of_another_system_and_no_tab(document: Path) -> None:
    assert not re.search(r"[\t\r]", document.read_text("utf-8"))
