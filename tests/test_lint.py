"""One list of checks: scripts/lint.sh, which `make lint`, pre-commit and CI run."""

import re

import yaml

from swipestream.settings import REPO_ROOT
from tests.test_rooms import PACKAGES

SCRIPT = (REPO_ROOT / "scripts/lint.sh").read_text("utf-8")


def test_a_commit_runs_what_make_lint_runs() -> None:
    (repository,) = yaml.safe_load((REPO_ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["scripts/lint.sh"]
    recipe = re.search(r"^lint:.*\n\t@(.*)$", (REPO_ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe and recipe[1] == "scripts/lint.sh"
    assert re.search(r"^make .*\blint\b", (REPO_ROOT / ".ci/run").read_text(), re.MULTILINE)


def test_the_types_of_every_package_are_checked() -> None:
    calls = re.findall(r'^check "mypy[^"]*" \$mypy (.*)$', SCRIPT.replace("\\\n", ""), re.MULTILINE)
    checked = {word for call in calls for word in call.split()}
    assert checked >= PACKAGES.keys() | {"tests", "tests/training"}


def test_every_folder_of_sql_is_checked() -> None:
    calls = re.findall(r'^check "sqlfluff[^"]*" (.*)$', SCRIPT, re.MULTILINE)
    checked = {word for call in calls for word in call.split() if "/" in word}
    folders = {f"sql/{path.name}" for path in (REPO_ROOT / "sql").iterdir() if path.is_dir()}
    assert {path for path in checked if path.startswith("sql/")} == folders
