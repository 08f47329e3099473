"""Dashboards into Superset and out of it: each object is a file with a fixed uuid."""

from typing import Any

import yaml
from superset.commands.importers.v1.assets import ImportAssetsCommand
from superset.connectors.sqla.models import SqlaTable
from superset.models.core import Database
from superset.models.dashboard import Dashboard
from superset.models.slice import Slice

from superset import db

MODELS = {
    "databases": Database,
    "datasets": SqlaTable,
    "charts": Slice,
    "dashboards": Dashboard,
}
METADATA = yaml.safe_dump({"version": "1.0.0", "type": "assets"})


class AssetError(Exception):
    """A file that Superset does not take."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def import_assets(contents: dict[str, str], database_password: str) -> dict[str, int]:
    """
    Make everything in Superset as the files say; what has the same uuid is overwritten.

    :param contents: text by path, such as charts/fraud_share.yaml.
    :return: objects by kind.
    :raises AssetError: a file is wrong. Nothing is changed then.
    """
    from marshmallow import ValidationError
    from superset.commands.exceptions import CommandException

    passwords = {path: database_password for path in contents if path.startswith("databases/")}
    command = ImportAssetsCommand({"metadata.yaml": METADATA, **contents}, passwords=passwords)
    try:
        command.run()
    except (CommandException, ValidationError, KeyError) as error:
        raise AssetError(f"the dashboards were not imported: {told(error)}") from error
    return {kind: count(kind, contents) for kind in MODELS}


def told(error: BaseException) -> str:
    """The innermost reason, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    reasons = getattr(error, "_exceptions", None) or [error]
    return "; ".join(
        str(reason.normalized_messages() if hasattr(reason, "normalized_messages") else reason)
        for reason in reasons
    )


def count(kind: str, contents: dict[str, str]) -> int:
    """
    How many objects of the files there are in Superset.

    :raises AssetError: one is missing.
    """
    wanted = {
        str(yaml.safe_load(text)["uuid"]): path
        for path, text in contents.items()
        if path.startswith(f"{kind}/")
    }
    found = {str(row.uuid) for row in db.session.query(MODELS[kind].uuid)}
    missing = sorted(path for uuid, path in wanted.items() if uuid not in found)
    if missing:
        raise AssetError(f"Superset has no {missing[0]} after the import")
    return len(wanted)


def export_assets() -> dict[str, Any]:
    """Everything that Superset has, by path in Superset's own words; without passwords."""
    from superset.commands.export.assets import ExportAssetsCommand

    return {
        path: yaml.safe_load(content())
        for path, content in ExportAssetsCommand().run()
        if path.split("/")[0] in MODELS
    }
