"""Sending a file of payments, or of labels, to their topics."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swipestream.card_numbers import masked
from swipestream.sending.card_hash import CardHasher, checked_key
from swipestream.sending.column_check import check_columns, decimal_mark, said_of_times
from swipestream.sending.errors import MappingError, UnmappableError
from swipestream.sending.input_files import InputFile, TextForm
from swipestream.sending.json_rows import dotted
from swipestream.sending.mapper import SECTION_OF, Mapped, Mapper, encoded, reference_of
from swipestream.sending.mapping import MappingFile, detect_mapping, read_mapping
from swipestream.sending.payment_checks import (
    EARLIEST_MS,
    LATEST_MS,
    NewestOfCards,
    check_label,
    check_payment,
)
from swipestream.sending.rows import BrokenRow, Row
from swipestream.sending.sender import Sender
from swipestream.sending.side_file import SideFile
from swipestream.settings import HomeSettings

PROGRESS_STEP = 1_000
POLL_SECONDS = 0.05
Place = Mapping[str, str | int]


@dataclass
class Noted:
    """How many payments something is said of, and where the first is."""

    count: int = 0
    first_place: Place = field(default_factory=dict)


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
    # What was left out or had to be chosen.
    notes: dict[str, Noted] = field(default_factory=dict)
    examples: list[bytes] = field(default_factory=list)

    def note(self, fact: str, place: Place) -> None:
        """Say something of one more payment."""
        noted = self.notes.setdefault(fact, Noted(0, place))
        noted.count += 1


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
    # Times as fast as they happened; None is as fast as possible.
    speed: float | None = None
    shift_ms: int = 0
    # UTC epoch milliseconds.
    now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
    summary: Summary = field(default_factory=Summary)
    on_progress: Callable[[Summary], None] = lambda summary: None
    # customers and merchants found on the way: rows by table and identifier.
    references: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)

    def said(self) -> list[str]:
        """What was assumed of how the file is written and may be wrong, a line each."""
        return [*self.file.said_of_text(), *said_of_times(self.file, self.mapping)]

    def mapped(self) -> Iterator[Mapped]:
        """The payments or labels of the file; the other rows go to the side file."""
        makers = {table: self.mapper.reference_makers(table) for table in self.references}
        newest_of_cards = NewestOfCards()
        newest = 0
        for number, row in enumerate(self.file.rows(), start=1):
            if self.limit is not None and self.summary.rows >= self.limit:
                return
            self.summary.rows += 1
            if number % PROGRESS_STEP == 0:
                self.on_progress(self.summary)
            place = self.file.place(row.line)
            self.mapper.row_number = number
            if isinstance(row, BrokenRow):
                self._reject(number, row.reason, row.text, place)
                continue
            try:
                mapped = self._usable(row, newest_of_cards)
            except UnmappableError as error:
                self._reject(number, str(error), dict(dotted(row.values)), place)
                continue
            for fact in mapped.notes:
                self.summary.note(f"payments {fact}", place)
            for table, fields in makers.items():
                self._note_reference(table, fields, row, place)
            if mapped.payment:
                event_ms = mapped.payment["event_ms"]
                self.summary.disordered += event_ms < newest
                newest = max(newest, event_ms)
            yield mapped

    def _usable(self, row: Row, newest_of_cards: NewestOfCards) -> Mapped:
        now_ms = self.now_ms()
        mapped = self.mapper.map_row(row.values, self.shift_ms, now_ms)
        if mapped.payment:
            check_payment(mapped.payment, now_ms)
            newest_of_cards.check(mapped.payment)
        if mapped.label:
            try:
                check_label(mapped.label, now_ms)
            except UnmappableError as error:
                if not mapped.payment:
                    raise
                mapped.label = None
                mapped.notes.append(f"go without their label: {error}")
        return mapped

    def _reject(self, number: int, reason: str, values: Any, place: Place) -> None:
        self.side_file.add(number, reason, values, place)
        self.summary.rejected += 1

    def _note_reference(self, table: str, makers: Any, row: Row, place: Place) -> None:
        made = reference_of(table, makers, row.values, lambda fact: self.summary.note(fact, place))
        if made:
            self.references[table].setdefault(made[0], made)

    def newest_ms(self) -> int:
        """
        Time of the file's last payment, UTC epoch milliseconds, or since what its times count from.

        :raises MappingError: no row has a time.
        """
        if not self.mapping.has_payments:
            raise MappingError("labels alone have no times to shift", "leave out --shift-to-now")
        # One time of another century does not move all others.
        newest: dict[bool, int] = {}
        for number, row in enumerate(self.file.rows()):
            if self.limit is not None and number >= self.limit:
                break
            if isinstance(row, Row) and (event_ms := self.mapper.time_of(row.values)) is not None:
                is_usual = EARLIEST_MS <= event_ms <= LATEST_MS
                newest[is_usual] = max(newest.get(is_usual, event_ms), event_ms)
        if not newest:
            raise MappingError(
                f"no row of {masked(str(self.file.path))} has a time that can be shifted",
                "look at the side file of a run without --shift-to-now",
            )
        return newest[max(newest)]

    def send(self, sender: Sender) -> None:
        """
        Send all payments, and their labels if wanted.

        :raises ServiceError: the broker did not take them all.
        """
        settings = sender.settings
        begin = time.monotonic()
        first_ms = None
        for mapped in self.mapped():
            payment, label = mapped.payment, mapped.label
            if first_ms is None and payment:
                first_ms = payment["event_ms"]
            if self.rate is not None:
                due = max(self.summary.payments, self.summary.labels) / self.rate
            elif self.speed is not None and payment and first_ms is not None:
                due = (payment["event_ms"] - first_ms) / 1000 / self.speed
            else:
                due = 0.0
            while (wait := begin + due - time.monotonic()) > 0:
                sender.poll(min(wait, POLL_SECONDS))
            if payment:
                sender.send(settings.payments_topic, payment["card_id"], encoded(payment))
            if label:
                sender.send(settings.labels_topic, label["transaction_id"], encoded(label))
            self.count(mapped)
        sender.flush()

    def rehearse(self, examples: int = 3) -> None:
        """Map everything, send nothing, keep a few messages to show."""
        for mapped in self.mapped():
            self.count(mapped)
            if len(self.summary.examples) < examples:
                message = mapped.payment or mapped.label or {}
                self.summary.examples.append(encoded(message))

    def count(self, mapped: Mapped) -> None:
        """Count what one row became."""
        self.summary.payments += mapped.payment is not None
        if mapped.label:
            self.summary.labels += 1
            self.summary.frauds += mapped.label["is_fraud"]


def open_job(
    settings: HomeSettings,
    path: Path,
    mapping_name: str | None,
    rejects: Path | None,
    with_labels: bool = False,
    with_customers: bool = False,
    form: TextForm | None = None,
    decimal: str | None = None,
    limit: int | None = None,
) -> Job:
    """
    Get ready to send a file: whatever can be checked before the first row is.

    :param mapping_name: built-in or file; None to tell it from the columns.
    :param rejects: side file; by default named after the file, in the current folder.
    :param with_customers: collect customers and merchants on the way.
    :param form: of a text file; goes before what the mapping says.
    :param decimal: the decimal separator of amounts; None is detected.
    :param limit: read that many rows only.
    :raises SwipestreamError: the file or the mapping cannot be used.
    """
    form = form or TextForm()
    mapping = read_mapping(mapping_name) if mapping_name else None
    if mapping:
        form = TextForm(
            form.encoding or mapping.form.encoding, form.delimiter or mapping.form.delimiter
        )
    file = InputFile(path, form)
    mapping = mapping or detect_mapping(file.columns)
    hasher = CardHasher(checked_key(settings)) if mapping.has_card_numbers else None
    mapper = Mapper(mapping, hasher, with_labels)
    tables = [table for table, section in SECTION_OF.items() if section in mapping.sections]
    if with_customers and not tables:
        raise MappingError(
            f"the mapping {mapping.name} has neither customers nor merchants",
            "leave out --with-customers, or add the sections to the mapping",
        )
    sections = ["payment"] if mapping.has_payments else []
    sections += ["label"] if mapper.with_labels else []
    sections += [SECTION_OF[table] for table in tables] if with_customers else []
    check_columns(file, mapping, sections)
    mapper.decimal = decimal or mapping.decimal or decimal_mark(file, mapping, limit)
    job = Job(
        file=file,
        mapping=mapping,
        mapper=mapper,
        side_file=SideFile(
            rejects or Path(f"{masked(path.name)}.rejects.jsonl"), mapping.card_columns
        ),
        limit=limit,
    )
    if with_customers:
        job.references = {table: {} for table in tables}
    return job
