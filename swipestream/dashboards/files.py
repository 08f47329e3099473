"""The files in superset/: a folder for each dashboard, and _shared/ for what they have in common.

A file says in Superset's own words what an object is; its place says what kind. Superset's importer
wants them by kind instead, which is a matter of paths.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from swipestream.dashboards.errors import DashboardError
from swipestream.settings import REPO_ROOT

FOLDER = REPO_ROOT / "superset"
SHARED = "_shared"
# As Superset writes where a password would be.
MASK = "XXXXXXXXXX"


@dataclass(frozen=True)
class SavedQuery:
    """
    A question in SQL that the SQL page offers.

    :param name: of its file.
    :param label: what it asks.
    :param description: the other lines of its header.
    """

    name: str
    label: str
    description: str
    sql: str


@dataclass(frozen=True)
class Files:
    """
    What superset/ says.

    :param objects: by path as Superset names it, such as charts/fraud_overview_map.yaml.
    :param places: of each object, the file.
    :param roles: permissions by the role's name.
    :param queries: questions that the SQL page offers.
    """

    objects: dict[str, dict[str, Any]]
    places: dict[str, Path]
    roles: dict[str, list[list[str]]]
    queries: tuple[SavedQuery, ...] = ()

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The objects of a kind (databases, datasets, charts, dashboards) by uuid."""
        return {
            content["uuid"]: content
            for path, content in self.objects.items()
            if path.startswith(f"{kind}/")
        }

    def charts(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, dashboard's folder and content of each chart."""
        for path, place in self.places.items():
            if path.startswith("charts/"):
                yield path, place.parents[1].name, self.objects[path]

    def contents(self, database_url: str) -> dict[str, str]:
        """
        The text that Superset imports.

        :param database_url: of the user that dashboards read with; its password is left out.
        """
        return {
            path: yaml.safe_dump(connected(path, content, database_url), sort_keys=False)
            for path, content in self.objects.items()
        }

    def fingerprint(self) -> str:
        """Another one for other files."""
        text = repr((sorted(self.objects.items()), sorted(self.roles.items()), self.queries))
        return hashlib.sha256(text.encode()).hexdigest()


def connected(path: str, content: dict[str, Any], database_url: str) -> dict[str, Any]:
    """A database's file with the address of this stack."""
    if not path.startswith("databases/"):
        return content
    url = urlsplit(database_url)
    place = f"{url.username}:{MASK}@{url.hostname}:{url.port or 5432}"
    address = urlunsplit(("postgresql+psycopg2", place, url.path, url.query, ""))
    return content | {"sqlalchemy_uri": address}


def read_files(folder: Path = FOLDER) -> Files:
    """
    Read superset/.

    :raises DashboardError: a file is not YAML, has no uuid, or the uuid of another.
    """
    objects: dict[str, dict[str, Any]] = {}
    places: dict[str, Path] = {}
    seen: dict[str, Path] = {}
    for file in sorted(folder.rglob("*.yaml")):
        if file.parent.name == "roles":
            continue
        content = read_yaml(file)
        uuid = content.get("uuid") if isinstance(content, dict) else None
        if not isinstance(uuid, str):
            raise DashboardError(f"{file} has no uuid", "give it one that no other file has")
        if uuid in seen:
            raise DashboardError(
                f"{file} has the uuid of {seen[uuid]}", "give each file a uuid of its own"
            )
        seen[uuid] = file
        path = superset_path(file.relative_to(folder))
        objects[path], places[path] = content, file
    roles = {
        file.stem: [list(map(str, line)) for line in read_yaml(file)]
        for file in sorted((folder / SHARED / "roles").glob("*.yaml"))
    }
    queries = tuple(map(read_query, sorted((folder / SHARED / "queries").glob("*.sql"))))
    return Files(objects, places, roles, queries)


def read_yaml(file: Path) -> Any:
    """:raises DashboardError: it is none."""
    try:
        return yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise DashboardError(f"{file} is not YAML: {reason}", "fix the file") from None


def read_query(file: Path) -> SavedQuery:
    """:raises DashboardError: its header does not say what it asks."""
    text = file.read_text("utf-8")
    header = [line[2:].strip() for line in itertools.takewhile(is_comment, text.splitlines())]
    name, _, label = (header or [""])[0].partition(": ")
    if name != file.stem or not label:
        raise DashboardError(
            f"{file} does not begin with `-- {file.stem}: ` and what it asks", "write that line"
        )
    return SavedQuery(name, label, " ".join(filter(None, header[1:])), text)


def is_comment(line: str) -> bool:
    """Whether a line of SQL is one."""
    return line.startswith("--")


def superset_path(place: Path) -> str:
    """
    Where Superset wants a file.

    :param place: within superset/, such as fraud_overview/charts/map.yaml.
    """
    first, *rest = place.parts
    if first == SHARED:
        kind = rest[0]
        # Datasets lie in a folder of their database.
        return "/".join((kind, "swipestream", *rest[1:]) if kind == "datasets" else rest)
    if rest == ["dashboard.yaml"]:
        return f"dashboards/{first}.yaml"
    return f"charts/{first}_{rest[-1]}"
