"""A file of payments as a world on disk, which training reads: nothing is sent, no stack needed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from simulator.messages import LABEL_FIELDS, PAYMENT_FIELDS
from swipestream.sending.errors import MappingError
from swipestream.sending.mapper import DAY_MS
from swipestream.sending.produce_file import Job
from swipestream.sending.reference_rows import TABLES

DESCRIPTION = "world.json"
ROWS_AT_ONCE = 50_000
# As training: after so many days nine in ten labels have come.
LABEL_DELAY_DAYS = 21
TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("amount_cents", "event_ms", "labelled_ms"), pa.int64()),
    **dict.fromkeys(("latitude", "longitude", "home_latitude", "home_longitude"), pa.float64()),
    "is_fraud": pa.bool_(),
    "utc_offset_minutes": pa.int32(),
    "account_opened_at": pa.timestamp("ms"),
}


def schema(names: tuple[str, ...]) -> pa.Schema:
    """The columns of a world's file."""
    return pa.schema([(name, TYPES.get(name, pa.string())) for name in names])


class RowFile:
    """A Parquet file that is written row by row."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        """:param names: of the columns, in order."""
        self._schema = schema(names)
        self._writer = pq.ParquetWriter(path, self._schema)
        self._rows: list[Mapping[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._writer.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """:param row: a value for each column."""
        self._rows.append(row)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []


def write_world(job: Job, folder: Path) -> dict[str, Any]:
    """
    Write payments, labels, customers and merchants of a file for `swipestream train --world`.

    :param job: opened with labels, and with customers if its mapping has any.
    :param folder: is made.
    :return: what world.json says.
    :raises MappingError: the folder holds a world, or no row could be used.
    """
    if (folder / DESCRIPTION).exists():
        raise MappingError(
            f"{folder} holds a world already", "name another folder, or delete that one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    newest_payment = newest_label = 0
    with (
        RowFile(folder / "payments.parquet", PAYMENT_FIELDS) as payments,
        RowFile(folder / "labels.parquet", LABEL_FIELDS) as labels,
    ):
        for mapped in job.mapped():
            if mapped.payment:
                payments.add(mapped.payment)
                newest_payment = max(newest_payment, mapped.payment["event_ms"])
            if mapped.label:
                labels.add(mapped.label)
                newest_label = max(newest_label, mapped.label["labelled_ms"])
            job.count(mapped)
    if not newest_payment:
        raise MappingError(
            f"no row of {job.file.described} can be used as a payment", "see the side file"
        )
    for table, names in TABLES.items():
        with RowFile(folder / f"{table}.parquet", names) as rows:
            for values in job.references.get(table, {}).values():
                rows.add(dict(zip(names, values, strict=True)))
    description = {
        "kind": "file",
        "mapping": job.mapping.name,
        "payments": job.summary.payments,
        "frauds": job.summary.frauds,
        "end_ms": end_ms(job, newest_payment, newest_label),
    }
    # Last: a folder without it does not pass for a world.
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return description


def end_ms(job: Job, newest_payment: int, newest_label: int) -> int:
    """
    When the labels of a file were known, UTC epoch milliseconds.

    A file that says when each label came ends with the newest of payments and labels. One that
    only says what was fraud was made when all was known, so no payment is too young to learn from.
    """
    fields = {rule.field for rule in job.mapping.sections.get("label", ())}
    if "labelled_ms" in fields:
        return max(newest_payment, newest_label) + 1
    return max(newest_payment + LABEL_DELAY_DAYS * DAY_MS, newest_label) + 1
