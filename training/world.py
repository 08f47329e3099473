"""The simulated world on disk: where its files are and which days they hold."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import WorldError

_SIMULATE = "make one with `swipestream simulate world`"


@dataclass(frozen=True)
class World:
    """
    A world that is complete on disk.

    :param end_ms: when its history ends, UTC epoch milliseconds; nothing later is known.
    :param payments: a Parquet file, or a pattern that matches several.
    """

    folder: Path
    end_ms: int
    payments: str
    labels: Path
    customers: Path
    merchants: Path
    description: dict[str, Any]


def open_world(folder: Path) -> World:
    """
    Find a world's files.

    :param folder: holds ``world.json`` and the Parquet files.
    :raises WorldError: there is no world, or a file of it is missing.
    """
    description_file = folder / "world.json"
    if not description_file.is_file():
        raise WorldError(f"{folder} holds no world: world.json is missing", _SIMULATE)
    try:
        description = json.loads(description_file.read_text(encoding="utf-8"))
        end_ms = int(description["end_ms"])
    except (ValueError, KeyError, TypeError) as error:
        raise WorldError(f"{description_file} cannot be used: {error!r}", _SIMULATE) from None
    return World(
        folder=folder,
        end_ms=end_ms,
        payments=_payments(folder),
        labels=_file(folder, "labels"),
        customers=_file(folder, "customers"),
        merchants=_file(folder, "merchants"),
        description=description,
    )


def _payments(folder: Path) -> str:
    if (folder / "payments.parquet").is_file():
        return str(folder / "payments.parquet")
    if any((folder / "payments").glob("*.parquet")):
        return str(folder / "payments" / "*.parquet")
    raise WorldError(f"{folder} holds no payments: payments/*.parquet is missing", _SIMULATE)


def _file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise WorldError(f"{path} does not exist", _SIMULATE)
    return path
