"""The project's documents, and what is written in them as code."""

import re
from pathlib import Path

from swipestream.settings import REPO_ROOT

DOCUMENTS = (
    *(REPO_ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    REPO_ROOT / "functions" / "README.md",
    *sorted((REPO_ROOT / "docs").rglob("*.md")),
    *sorted((REPO_ROOT / "tests").rglob("README.md")),
)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


def name(path: Path) -> str:
    """What a test of this document is called."""
    return str(path.relative_to(REPO_ROOT))


def blocks(path: Path) -> list[str]:
    """The fenced blocks of a document."""
    return [match[2] for match in _BLOCK.finditer(path.read_text("utf-8"))]


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _BLOCK.sub("", path.read_text("utf-8"))


def inline_code(path: Path) -> list[str]:
    """What stands in single backticks."""
    return _INLINE.findall(prose(path))


def code_lines(path: Path) -> list[str]:
    """Each piece of inline code and each line of the fenced blocks."""
    return inline_code(path) + [
        line.strip() for block in blocks(path) for line in block.split("\n")
    ]


def anchors(path: Path) -> set[str]:
    """The headings of a document as a link names them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(path: Path, heading: str) -> str:
    """The text below a heading, up to the next of the same or a higher level."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)",
        path.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"{name(path)} has no section {heading}"
    return found[2]
