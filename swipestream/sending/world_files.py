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
LABELS = "labels.parquet"
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


def write_world(job: Job, folder: Path, labels: Job | None = None) -> dict[str, Any]:
    """
    Write payments, labels, customers and merchants of a file for `swipestream train --world`.

    :param job: opened with labels if its file has any, and with customers if its mapping has any.
    :param folder: is made.
    :param labels: a file of labels alone, instead of those of the first.
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
        RowFile(folder / LABELS, LABEL_FIELDS) as written,
    ):
        for mapped in job.mapped():
            if mapped.payment:
                payments.add(mapped.payment)
                newest_payment = max(newest_payment, mapped.payment["event_ms"])
            if mapped.label and labels is None:
                written.add(mapped.label)
                newest_label = max(newest_label, mapped.label["labelled_ms"])
            job.count(mapped)
    if not newest_payment:
        raise MappingError(
            f"no row of {job.file.described} can be used as a payment", "see the side file"
        )
    if labels is not None:
        newest_label = write_labels(labels, folder)
    for table, names in TABLES.items():
        with RowFile(folder / f"{table}.parquet", names) as rows:
            for values in job.references.get(table, {}).values():
                rows.add(dict(zip(names, values, strict=True)))
    description = {
        "kind": "file",
        "mapping": job.mapping.name,
        "payments": job.summary.payments,
        "frauds": (labels or job).summary.frauds,
        "end_ms": end_ms(labels or job, newest_payment, newest_label),
    }
    # Last: a folder without it does not pass for a world.
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return description


def write_labels(labels: Job, folder: Path) -> int:
    """
    Write a file of labels alone; one that does not say when it became known has no time.

    :param labels: its mapping has no payments.
    :param folder: holds a world, or will.
    :return: when the newest became known, UTC epoch milliseconds; 0 if none says.
    """
    # The mapper takes this moment for labels without a time.
    now_ms = labels.now_ms()
    labels.now_ms = lambda: now_ms
    newest = 0
    with RowFile(folder / LABELS, LABEL_FIELDS) as written:
        for mapped in labels.mapped():
            if mapped.label:
                is_timed = mapped.label["labelled_ms"] != now_ms
                if is_timed:
                    newest = max(newest, mapped.label["labelled_ms"])
                written.add(mapped.label | ({} if is_timed else {"labelled_ms": None}))
            labels.count(mapped)
    return newest


def with_labels(world: Path, labels: Job, folder: Path) -> None:
    """
    A world with other labels, beside the one that is there.

    :param world: stays as it is.
    :param folder: is made.
    """
    folder.mkdir(parents=True)
    for path in world.iterdir():
        if path.name not in (LABELS, DESCRIPTION):
            (folder / path.name).symlink_to(path.absolute())
    newest = write_labels(labels, folder)
    description = json.loads((world / DESCRIPTION).read_text(encoding="utf-8"))
    description["end_ms"] = max(int(description["end_ms"]), newest + 1)
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def end_ms(job: Job, newest_payment: int, newest_label: int) -> int:
    """
    When the labels of a file were known, UTC epoch milliseconds.

    A file that says when each label came ends with the newest of payments and labels. One that
    only says what was fraud was made when all was known, so no payment is too young to learn from.
    """
    fields = {rule.field for rule in job.mapping.sections.get("label", ())}
    if "labelled_ms" in fields and newest_label:
        return max(newest_payment, newest_label) + 1
    return max(newest_payment + LABEL_DELAY_DAYS * DAY_MS, newest_label) + 1
