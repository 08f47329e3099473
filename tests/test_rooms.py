"""Packages, and the rooms in them, import only what stands below them: docs/adr/0032."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT

# What each package may import; a module in place of a package allows only that module.
PACKAGES: dict[str, set[str]] = {
    "udfs": set(),
    "flink_jobs": set(),
    "simulator": set(),
    "apps": set(),
    "training": {"flink_jobs", "udfs"},
    # Measures and decisions need nothing of the training environment.
    "swipestream": {
        *("flink_jobs", "udfs", "simulator"),
        *("training.measure", "training.decide", "training.errors"),
    },
    "serving": {"flink_jobs", "udfs", "swipestream"},
    "bench": {"flink_jobs", "udfs", "simulator", "training", "swipestream", "serving"},
    "scripts": {"swipestream"},
}
# From top to bottom; neighbors in a row do not import each other.
ROOMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "swipestream": (
        ("cli", "commands"),
        ("demo", "retraining"),
        ("operate",),
        ("followers",),
        ("jobs",),
        ("features", "decisions", "drift", "cases"),
        ("verify", "models", "sending", "dashboards"),
        ("rules",),
        ("database",),
        ("reasons",),
        ("stack",),
        ("console", "card_numbers", "kafka_security"),
        ("settings",),
        ("errors",),
    ),
    "training": (
        ("__main__", "backtest"),
        ("summary",),
        ("run",),
        ("card",),
        ("judge", "learn"),
        ("data",),
        ("decide", "measure"),
        ("errors", "progress"),
    ),
}
FLOORS = {
    f"{package}.{room}": floor
    for package, rows in ROOMS.items()
    for floor, row in enumerate(rows)
    for room in row
}


def module_name(path: Path) -> str:
    """
    :param path: of a module, below the repository.
    :return: as an import names it.
    """
    return ".".join(path.relative_to(REPO_ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(text: str) -> Iterator[tuple[int, str]]:
    """
    Everything a module imports, also inside functions and for type checkers only.

    :return: line and dotted name; of `from a import b` that is `a.b`.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{package}.{alias.name}") for alias in node.names)


def is_allowed(importer: str, imported: str) -> bool:
    """Whether a module may import another; both are dotted names."""
    if imported.startswith("."):
        # A relative import would hide where it leads.
        return False
    package, other = importer.split(".")[0], imported.split(".")[0]
    if other not in PACKAGES:
        return True
    if package != other:
        known = PACKAGES[package]
        return any(imported == name or imported.startswith(f"{name}.") for name in known)
    room, other_room = (".".join(name.split(".")[:2]) for name in (importer, imported))
    if room == other_room:
        return True
    if package == "apps":
        return False
    # Some names are of what a package itself holds, such as its version.
    if package not in ROOMS or other_room not in FLOORS:
        return True
    return room in FLOORS and FLOORS[room] < FLOORS[other_room]


def forbidden(importer: str, text: str) -> list[str]:
    """
    :param importer: name of the module.
    :param text: its source.
    :return: one line for each import that the rules do not allow.
    """
    return [
        f"{importer}, line {line}: {imported}"
        for line, imported in imports(text)
        if not is_allowed(importer, imported)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_lead_downwards(package: str) -> None:
    paths = sorted((REPO_ROOT / package).rglob("*.py"))
    assert paths
    found = [line for path in paths for line in forbidden(module_name(path), path.read_text())]
    assert found == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_has_its_floor(package: str) -> None:
    folder = REPO_ROOT / package
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert modules | packages == {room for row in ROOMS[package] for room in row}


def test_every_package_has_its_rule() -> None:
    packages = {path.parent.name for path in REPO_ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} == set(PACKAGES)


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("swipestream.commands.demo", "def run():\n    from bench import machine"),
        ("swipestream.stack.flink", "from swipestream.jobs import ending"),
        ("swipestream.stack.flink", "from swipestream import jobs"),
        ("swipestream.stack.flink", "import swipestream.database.roles"),
        ("swipestream.models.audit", "from swipestream.verify.parity import run"),
        ("swipestream.jobs.keeper", "if TYPE_CHECKING:\n    from swipestream.demo import stage"),
        ("swipestream.models.audit", "from training.data.prepare import prepare"),
        ("swipestream.stack.flink", "from ..jobs import ending"),
        ("simulator.errors", "from swipestream.errors import SwipestreamError"),
        ("apps.superset.people", "from apps.mlflow.store import opened"),
        ("training.data.world", "import swipestream.settings"),
        ("training.measure.ranking", "from training.judge.evaluate import metrics"),
    ],
)
def test_an_import_that_leads_upwards_is_noticed(importer: str, text: str) -> None:
    assert len(forbidden(importer, text)) == 1
