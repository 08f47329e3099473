"""Sending a file of payments to the topic."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swipestream.producing.card_hash import CardHasher, checked_key, masked
from swipestream.producing.errors import MappingError, UnmappableError
from swipestream.producing.input_files import BrokenRow, InputFile
from swipestream.producing.mapping import (
    Mapped,
    Mapper,
    MappingFile,
    detect_mapping,
    encoded,
    read_mapping,
)
from swipestream.producing.reference_rows import TABLES
from swipestream.producing.sender import Sender
from swipestream.producing.side_file import SideFile
from swipestream.settings import Settings

PROGRESS_STEP = 1_000
POLL_SECONDS = 0.05


@dataclass
class Summary:
    """What became of a file."""

    rows: int = 0
    payments: int = 0
    rejected: int = 0
    labels: int = 0
    frauds: int = 0
    # Payments older than one of the same file before them.
    disordered: int = 0
    examples: list[bytes] = field(default_factory=list)


@dataclass
class Job:
    """A file, how to read it, and how to send it."""

    file: InputFile
    mapping: MappingFile
    mapper: Mapper
    side_file: SideFile
    limit: int | None = None
    # Payments per second; None for as fast as possible.
    rate: float | None = None
    # Times as fast as they happened; None likewise.
    speed: float | None = None
    shift_ms: int = 0
    summary: Summary = field(default_factory=Summary)
    on_progress: Callable[[Summary], None] = lambda summary: None
    # customers and merchants found on the way: rows by table and identifier.
    references: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)

    def mapped(self) -> Iterator[Mapped]:
        """The payments of the file; the other rows go to the side file."""
        columns = self.file.columns
        sections = [
            (table, self.mapper.bound(section))
            for section, table in (("customer", "customers"), ("merchant", "merchants"))
            if table in self.references
        ]
        newest = 0
        for number, row in enumerate(self.file.rows(), start=1):
            if self.limit is not None and self.summary.rows >= self.limit:
                return
            self.summary.rows += 1
            if number % PROGRESS_STEP == 0:
                self.on_progress(self.summary)
            if isinstance(row, BrokenRow):
                self._reject(number, row.reason, row.text)
                continue
            try:
                mapped = self.mapper.map_row(row)
                self._note_references(sections, row)
            except UnmappableError as error:
                self._reject(number, str(error), dict(zip(columns, row, strict=True)))
                continue
            mapped.payment["event_ms"] += self.shift_ms
            event_ms = mapped.payment["event_ms"]
            self.summary.disordered += event_ms < newest
            newest = max(newest, event_ms)
            yield mapped

    def _reject(self, number: int, reason: str, values: Any) -> None:
        self.side_file.add(number, reason, values)
        self.summary.rejected += 1

    def _note_references(self, sections: list[tuple[str, Any]], row: Any) -> None:
        for table, rules in sections:
            made = {name: value(row) for name, value in rules}
            values = tuple(made.get(name) for name in TABLES[table])
            self.references[table].setdefault(str(values[0]), values)

    def newest_ms(self) -> int:
        """
        Time of the file's last payment, UTC epoch milliseconds.

        :raises MappingError: no row has a time.
        """
        newest = 0
        for number, row in enumerate(self.file.rows()):
            if self.limit is not None and number >= self.limit:
                break
            if not isinstance(row, BrokenRow):
                newest = max(newest, self.mapper.time_of(row) or 0)
        if not newest:
            raise MappingError(
                f"no row of {masked(str(self.file.path))} has a time that can be shifted",
                "look at the side file of a run without --shift-to-now",
            )
        return newest

    def send(self, sender: Sender) -> None:
        """
        Send all payments, and their labels if wanted.

        :raises ServiceError: the broker did not take them all.
        """
        settings = sender.settings
        begin = time.monotonic()
        first_ms = None
        for mapped in self.mapped():
            payment = mapped.payment
            if first_ms is None:
                first_ms = payment["event_ms"]
            if self.rate is not None:
                due = self.summary.payments / self.rate
            elif self.speed is not None:
                due = (payment["event_ms"] - first_ms) / 1000 / self.speed
            else:
                due = 0.0
            while (wait := begin + due - time.monotonic()) > 0:
                sender.poll(min(wait, POLL_SECONDS))
            sender.send(settings.payments_topic, payment["card_id"], encoded(payment))
            self.summary.payments += 1
            if mapped.is_fraud is not None:
                label = encoded(self.mapper.label_of(mapped))
                sender.send(settings.labels_topic, payment["transaction_id"], label)
                self.summary.labels += 1
                self.summary.frauds += mapped.is_fraud
        sender.flush()

    def rehearse(self, examples: int = 3) -> None:
        """Map everything, send nothing, keep a few messages to show."""
        for mapped in self.mapped():
            self.summary.payments += 1
            if mapped.is_fraud is not None:
                self.summary.labels += 1
                self.summary.frauds += mapped.is_fraud
            if len(self.summary.examples) < examples:
                self.summary.examples.append(encoded(mapped.payment))


def open_job(
    settings: Settings,
    path: Path,
    mapping_name: str | None,
    rejects: Path | None,
    with_labels: bool = False,
    with_customers: bool = False,
) -> Job:
    """
    Get ready to send a file.

    :param mapping_name: built-in or file; None to tell it from the columns.
    :param rejects: side file; by default named after the file, in the current folder.
    :param with_customers: collect customers and merchants on the way.
    :raises SwipestreamError: the file or the mapping cannot be used.
    """
    file = InputFile(path)
    mapping = read_mapping(mapping_name) if mapping_name else detect_mapping(file.columns)
    hasher = CardHasher(checked_key(settings)) if mapping.has_card_numbers else None
    mapper = Mapper(mapping, file.columns, hasher, with_labels)
    job = Job(
        file=file,
        mapping=mapping,
        mapper=mapper,
        side_file=SideFile(
            rejects or Path(f"{masked(path.name)}.rejects.jsonl"), mapping.card_columns
        ),
    )
    if with_customers:
        for section, table in (("customer", "customers"), ("merchant", "merchants")):
            if section in mapping.sections:
                mapper.bound(section)
                job.references[table] = {}
        if not job.references:
            raise MappingError(
                f"the mapping {mapping.name} has neither customers nor merchants",
                "leave out --with-customers, or add the sections to the mapping",
            )
    return job
