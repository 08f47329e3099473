"""Every command, option, recipe and setting that a document mentions exists."""

import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from bench.cli import main as bench
from swipestream.cli import main as swipestream
from swipestream.settings import REPO_ROOT, fields
from tests.docs.documents import DOCUMENTS, blocks, code_lines, inline_code, name

BENCH = "python -m bench"
_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# Of SQL dialects that a document compares with.
_FOREIGN = {"DENSE_RANK", "JSON_VALUE", "TRY_CAST"}


def command_lines(document: Path) -> list[str]:
    """What the document shows of the command lines, from the word `swipestream` or `python` on."""
    lines = (re.sub(r"^(?:\$ |(?:\.venv/)?bin/)", "", line) for line in code_lines(document))
    return [line for line in lines if re.match(rf"(swipestream|{BENCH})( |$)", line)]


def words(line: str) -> list[str]:
    """A command's arguments up to a comment; what is quoted over several lines counts as one."""
    line = line.removeprefix("python -m ")
    line = re.split(r"\s{2,}(?!-)| # ", line)[0]
    try:
        return shlex.split(line)[1:]
    except ValueError:
        return line.split('"')[0].split()[1:]


def check(line: str) -> None:
    """:raises AssertionError: a word is not a command or option there."""
    command: click.Command = bench if line.startswith(BENCH) else swipestream
    for word in words(line):
        if command.context_settings.get("ignore_unknown_options"):
            return
        if word.startswith("-") and len(word) > 1:
            known = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
            known |= {"--help", "-h"}
            assert word.split("=")[0] in known, f"`{line}`: {command.name} has no {word}"
        elif isinstance(command, click.Group):
            if word == "..." or word.isupper():
                return
            found = command.get_command(click.Context(command), word)
            assert found, f"`{line}`: there is no command {word}"
            command = found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_and_options_exist(document: Path) -> None:
    for line in command_lines(document):
        check(line)


@pytest.mark.parametrize(
    "line",
    [
        *("swipestream sumbit score_payments", "swipestream up --fast", "swipestream policy put"),
        *("python -m bench steaming", "python -m bench streaming --slow"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises(AssertionError):
        check(line)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_run_as_written(document: Path) -> None:
    for block in blocks(document):
        bare = [line for line in block.split("\n") if line.startswith("swipestream ")]
        assert not bare, f"`{bare[0]}`: write bin/swipestream, which works without a PATH"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_recipes_exist(document: Path) -> None:
    makefile = (REPO_ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) \?=", makefile, re.MULTILINE)) | {"PYTHON"}
    for line in code_lines(document):
        if not re.match(r"make [a-z]", line):
            continue
        for word in shlex.split(re.split(r"\s{2,}", line)[0])[1:]:
            variable, sign, _ = word.partition("=")
            assert variable in (variables if sign else targets), f"`{line}`"


@cache
def code() -> str:
    """Everything in the repository that is run or read by a program."""
    suffixes = {".py", ".sql", ".toml", ".yml", ".yaml", ".sh", ".example", ""}
    roots = ("sql", "flink_jobs", "udfs", "training", "simulator", "swipestream", "bench", "docker")
    files = [path for root in roots for path in (REPO_ROOT / root).rglob("*") if path.is_file()]
    files += [path for path in REPO_ROOT.iterdir() if path.is_file() and path.suffix != ".md"]
    return "\n".join(path.read_text("utf-8") for path in files if path.suffix in suffixes)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_names_in_capitals_exist(document: Path) -> None:
    for text in inline_code(document):
        for word in _NAME.findall(text):
            known = word in _FOREIGN or re.search(rf"\b{word}\b", code())
            assert known, f"`{text}`: nothing knows {word}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_settings_exist(document: Path) -> None:
    known = {item.metadata["env"] for item in fields()}
    for block in blocks(document):
        for setting in re.findall(r"^([A-Z][A-Z0-9_]+)=\S", block, re.MULTILINE):
            # docker-compose.yml asks for the password itself.
            assert setting in known | {"POSTGRES_PASSWORD"}, f"{setting} is not a setting"
