"""The simulated world on disk: where its files are and which days they hold."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import WorldError

_SIMULATE = "make one with `swipestream simulate world`"
_AGAIN = "make it again with `swipestream simulate world`"

# What the SQL in sql/training/ reads of each file.
COLUMNS = {
    "payments": (
        *("transaction_id", "card_id", "customer_id", "merchant_id", "device_id", "card_last4"),
        *("amount_cents", "currency", "channel", "latitude", "longitude", "event_ms"),
    ),
    "labels": ("transaction_id", "is_fraud", "scenario", "labelled_ms"),
    "customers": (
        *("customer_id", "home_latitude", "home_longitude", "home_country"),
        *("utc_offset_minutes", "account_opened_at", "usual_device_id"),
    ),
    "merchants": ("merchant_id", "category", "country"),
}


@dataclass(frozen=True)
class World:
    """
    A world that is complete on disk.

    :param end_ms: when its history ends, UTC epoch milliseconds; nothing later is known.
    :param payments: a Parquet file, or a pattern that matches several; the other files likewise.
    """

    folder: Path
    end_ms: int
    payments: str
    labels: str
    customers: str
    merchants: str
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


def check_columns(name: str, source: str, found: list[str]) -> None:
    """
    Refuse a file that lacks something.

    :param name: one of `COLUMNS`.
    :param source: the file, for the message.
    :raises WorldError: names the first column that is missing.
    """
    missing = [column for column in COLUMNS[name] if column not in found]
    if missing:
        raise WorldError(f"{source} lacks the column {missing[0]}", _AGAIN)


def _file(folder: Path, name: str) -> str:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise WorldError(f"{path} does not exist", _SIMULATE)
    return str(path)
