"""
Check documents, help, docstrings and comments for phrases that a native reader stumbles over.

Run by scripts/lint.sh as `python scripts/prose.py`. Prints file, line and what to write instead,
and exits with 1 if there is any. Code, link targets and generated parts of documents are not prose;
nor are strings of tests, which are data or quote what a program prints.
"""

import bisect
import io
import itertools
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SUFFIXES = (".md", ".py", ".example", ".sql", ".java")
# Not edited yet. Take a line out when its files are clean.
LATER = ("docs/performance.md",)
# This file has the phrases themselves. Released migrations and what is made of them never change.
NEVER = ("scripts/prose.py", "sql/postgres/migrations/", "sql/postgres/schema.sql")

PHRASES = {
    r"\bof (yours|ours|theirs)\b": "your own ..., our ...",
    r"\bof (its|one's|their|your|our) own(?=\s*[.,;:)]|\s+(and|but|for|if|in|on|or|that|with)\b)": (
        "its own ..., your own ..."
    ),
    r"(?<!-)\b(anew|afresh)\b": "again",
    r"\bfor ever\b": "forever",
    r"\blikewise\b": "what is meant",
    r"\b(the|a|its|card's) (payment|model|champion|one) before(?=\s*[.,;:)]|\s+(and|is|goes)\b)": (
        "the previous ..."
    ),
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\b(says?|said) so\b": "what it says",
    r"(?<!there )\b(is|are) no (?!longer\b|more\b|less\b|such\b|other\b|later\b)\w+": (
        "is not a ..., or has no ..."
    ),
    r"\bgives? way\b": "has lower priority",
    r"\bgo(es)? on (where|from|with|as|by|after|before)\b": "continue, or resume",
    r"\b(is|are|be|was|were) told\b": "who is told, or what is printed",
    r"\bbeforehand\b": "in advance",
    r"\bwhoever\b": "anyone who",
    r"\bseldom\b": "rarely",
    r"\b(colour|favour(?!ite)|behaviour|neighbour|centre|labell(?!ed_)|licence)\w*": (
        "American spelling"
    ),
    r"\b(centi|kilo)?metres?\b": "American spelling",
    r"\b(author|recogn|serial|vector|normal|optim)is(e|ing|ation)\w*": "American spelling",
}

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_GENERATED = re.compile(r"^<!-- .*?: begin.*?: end -->$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`|\]\([^)\s]*\)")
_SQL_COMMENT = re.compile(r"'[^']*'|(--[^\n]*)")
_JAVA_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'\\?.\'|(//[^\n]*|/\*.*?\*/)', re.DOTALL)
# Before a docstring, apart from comments: the end or the indentation of a line of code.
_LINE_ENDS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
_BETWEEN = (tokenize.COMMENT, tokenize.NL)


def blank(match: re.Match[str]) -> str:
    """As many lines as what was matched, without text."""
    return re.sub(r"[^\n]", " ", match[0])


def document_prose(text: str) -> str:
    """A document without code, link targets and generated parts, on the same lines."""
    for pattern in (_FENCE, _GENERATED, _CODE):
        text = pattern.sub(blank, text)
    return text


def python_prose(text: str, is_test: bool) -> str:
    """
    The comments and strings of a Python file, on the same lines.

    :param is_test: of strings, only docstrings.
    """
    lines = [""] * (text.count("\n") + 2)
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_string = token.type == tokenize.STRING and (not is_test or before in _LINE_ENDS)
        if is_string or token.type == tokenize.COMMENT:
            for number, line in enumerate(token.string.split("\n"), start=token.start[0]):
                lines[number] += " " + line
        before = before if token.type in _BETWEEN else token.type
    return _CODE.sub(blank, "\n".join(lines[1:]))


def comments(text: str, pattern: re.Pattern[str]) -> str:
    """The comments of a SQL or Java file, on the same lines."""
    lines = [""] * (text.count("\n") + 1)
    for match in pattern.finditer(text):
        first = text.count("\n", 0, match.start())
        for number, line in enumerate((match[1] or "").split("\n"), start=first):
            lines[number] += " " + line.strip(" -/*")
    return _CODE.sub(blank, "\n".join(lines))


def prose(path: Path, text: str) -> str:
    """What is prose in a file, on the same lines."""
    if path.suffix == ".sql":
        return comments(text, _SQL_COMMENT)
    if path.suffix == ".java":
        return comments(text, _JAVA_COMMENT)
    if path.suffix == ".py":
        return python_prose(text, path.is_relative_to(ROOT / "tests"))
    return document_prose(text)


def faults(path: Path) -> Iterator[str]:
    """One line per phrase that is found; a phrase may be broken over two lines."""
    lines = [line.strip(" #") for line in prose(path, path.read_text("utf-8")).split("\n")]
    begins = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    flat = " ".join(lines)
    for phrase, instead in PHRASES.items():
        for match in re.finditer(phrase, flat, re.IGNORECASE):
            number = bisect.bisect_right(begins, match.start())
            yield f"{path.relative_to(ROOT)}:{number}: '{match[0]}': write {instead}"


def files() -> list[Path]:
    """What is checked, in order: files of the repository, without those for later."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    checked = (ROOT / name for name in names if not name.startswith((*LATER, *NEVER)))
    return sorted(path for path in checked if path.suffix in SUFFIXES and path.is_file())


if __name__ == "__main__":
    found = [fault for path in files() for fault in faults(path)]
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(1 if found else 0)
