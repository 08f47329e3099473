"""The simulated world on disk: its files, the days they hold, and its features by the SQL."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from training.data.column_types import typed_columns
from training.data.feature_sql import FILES, LABEL_FILES, run_files, set_label_cutoff
from training.errors import TrainingDataError

_SIMULATE = "make one with `swipestream simulate world`"
_AGAIN = "make it again with `swipestream simulate world`"
_MORE_OF_A_FILE = "make it of more days, or of payments with more known frauds"

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
# Text that may be missing: nothing is known of it then.
OPTIONAL = {"customers": ("segment",), "labels": ("source",)}


@dataclass(frozen=True)
class WorldFiles:
    """
    A world that is complete on disk.

    :param end_ms: when its history ends, UTC epoch milliseconds; nothing later is known.
    :param payments: a Parquet file, or a pattern that matches several; the other files too.
    """

    folder: Path
    end_ms: int
    payments: str
    labels: str
    customers: str
    merchants: str
    description: dict[str, Any]
    more: str = "simulate more days or more customers: `swipestream simulate world --help`"

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def labels_name(self) -> str:
        """The file with the labels."""
        return self.labels

    def known_at_ms(self, until_ms: int | None) -> int:
        """The end of its history, or before it."""
        return self.end_ms if until_ms is None else min(until_ms, self.end_ms)

    def first_ms(self) -> int:
        """Time of the oldest payment, UTC epoch milliseconds; 0 without any."""
        with duckdb.connect() as connection:
            relation = typed_file(connection, "payments", self.payments)
            return int(relation.min("event_ms").fetchall()[0][0] or 0)

    def open(self, connection: duckdb.DuckDBPyConnection, from_ms: int, to_ms: int) -> None:
        """Define the views; all payments are read, because the older ones are history."""
        open_views(connection, self)


def open_world(folder: Path) -> WorldFiles:
    """
    Find a world's files.

    :param folder: holds ``world.json`` and the Parquet files.
    :raises TrainingDataError: there is no world, or a file of it is missing.
    """
    description_file = folder / "world.json"
    if not description_file.is_file():
        raise TrainingDataError(f"{folder} holds no world: world.json is missing", _SIMULATE)
    try:
        description = json.loads(description_file.read_text(encoding="utf-8"))
        end_ms = int(description["end_ms"])
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingDataError(
            f"{description_file} cannot be used: {error!r}", _SIMULATE
        ) from None
    more = {"more": _MORE_OF_A_FILE} if description.get("kind") == "file" else {}
    return WorldFiles(
        folder=folder,
        end_ms=end_ms,
        payments=_payments(folder),
        labels=_file(folder, "labels"),
        customers=_file(folder, "customers"),
        merchants=_file(folder, "merchants"),
        description={"kind": "world", **description},
        **more,
    )


def _payments(folder: Path) -> str:
    if (folder / "payments.parquet").is_file():
        return str(folder / "payments.parquet")
    if any((folder / "payments").glob("*.parquet")):
        return str(folder / "payments" / "*.parquet")
    raise TrainingDataError(f"{folder} holds no payments: payments/*.parquet is missing", _SIMULATE)


def read_parquet(connection: duckdb.DuckDBPyConnection, source: str) -> duckdb.DuckDBPyRelation:
    """
    A world's file as a relation.

    :raises TrainingDataError: it is not a Parquet file.
    """
    try:
        return connection.read_parquet(source)
    except duckdb.Error as error:
        raise TrainingDataError(
            f"{source} cannot be read: {str(error).splitlines()[0]}", _AGAIN
        ) from None


def typed_file(
    connection: duckdb.DuckDBPyConnection, name: str, source: str
) -> duckdb.DuckDBPyRelation:
    """
    A world's file with the columns that the SQL reads, in their types.

    :param name: one of `COLUMNS`.
    :return: all columns of the file, and `file_row_number`.
    :raises TrainingDataError: no Parquet file, a column is missing, or a value is nothing of its
        kind.
    """
    relation = read_parquet(connection, source)
    check_columns(name, source, relation.columns)
    # DuckDB's own column, for the order of payments of the same millisecond.
    numbered = relation.project("*, file_row_number")
    typed = typed_columns(numbered, source, COLUMNS[name])
    return numbered.project(f"* REPLACE ({', '.join(typed)})") if typed else numbered


def open_files(
    connection: duckdb.DuckDBPyConnection, world: WorldFiles, names: Iterable[str] = tuple(COLUMNS)
) -> None:
    """
    Define a view of each file, such as `payments_on_disk`.

    :param names: of `COLUMNS`.
    :raises TrainingDataError: a file is not a Parquet file, lacks a column or has a value of
        another type.
    """
    for name in names:
        whole_file(connection, name, getattr(world, name)).create_view(f"{name}_on_disk")


def whole_file(
    connection: duckdb.DuckDBPyConnection, name: str, source: str
) -> duckdb.DuckDBPyRelation:
    """
    As `typed_file`, with the columns that may be missing.

    :param name: one of `COLUMNS`.
    :raises TrainingDataError: the file cannot be used.
    """
    relation = typed_file(connection, name, source)
    missing = [
        f"CAST(NULL AS VARCHAR) AS {column}"
        for column in OPTIONAL.get(name, ())
        if column not in relation.columns
    ]
    return relation.project(", ".join(["*", *missing]))


def open_views(connection: duckdb.DuckDBPyConnection, world: WorldFiles) -> None:
    """
    Define every view from the world's files to ``payment_features``.

    The views of `LABEL_FILES` are empty until `set_label_cutoff`.

    :raises TrainingDataError: a file cannot be used, or cards have so many payments at the same
        millisecond that not all of their histories can be computed.
    """
    open_files(connection, world)
    set_label_cutoff(connection, 0, 0, 0)
    run_files(connection, (*FILES, *LABEL_FILES))
    check_all_answered(connection, world.payments)


def check_all_answered(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """
    Refuse what only a sample of the histories could be computed of.

    :param connection: has the table `touched_payments`.
    :param source: the file, for the message.
    :raises TrainingDataError: cards have too many payments at the same millisecond.
    """
    (untold,) = connection.execute(
        "SELECT COUNT(*) FROM touched_payments WHERE NOT is_answered"
    ).fetchall()[0]
    if untold:
        raise TrainingDataError(
            f"{source} has too many payments of a card at the same millisecond to tell "
            f"the history of {untold:,} of them",
            "give event_ms as precisely as it is known",
        )


def check_columns(name: str, source: str, found: list[str]) -> None:
    """
    Refuse a file that lacks something.

    :param name: one of `COLUMNS`.
    :param source: the file, for the message.
    :raises TrainingDataError: names the first column that is missing.
    """
    missing = [column for column in COLUMNS[name] if column not in found]
    if missing:
        raise TrainingDataError(f"{source} lacks the column {missing[0]}", _AGAIN)


def _file(folder: Path, name: str) -> str:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise TrainingDataError(f"{path} does not exist", _SIMULATE)
    return str(path)
