"""`swipestream produce`: send payments from a file."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swipestream.errors import printable

if TYPE_CHECKING:
    from swipestream.sending.produce_file import Job, Place, Summary
    from swipestream.sending.rows import LineAccount
    from swipestream.settings import KafkaSettings, TopicSettings

MOST_REASONS = 5


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    metavar="NAME_OR_FILE",
    help="native, sparkov, handbook, or a TOML file. Default: detected from the columns.",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Payments per second.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Replay this many times as fast as it happened.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Read only this many rows.")
@click.option("--shift-to-now", is_flag=True, help="Shift all times so that the last one is now.")
@click.option(
    "--with-labels", is_flag=True, help="Also send the file's labels to the labels topic."
)
@click.option(
    "--with-customers",
    is_flag=True,
    help="First write the file's customers and merchants to Postgres.",
)
@click.option(
    "--to-world",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Send nothing; write the files that `swipestream train --world FOLDER` reads.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing; print the first three messages.")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for refused rows. Default: FILE.rejects.jsonl in this folder.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if any row is refused.")
@click.option(
    "--encoding", metavar="NAME", help="Encoding of a text file, e.g. cp1252. Default: detected."
)
@click.option(
    "--delimiter", metavar="CHARACTER", help="Separator of a CSV file. Default: detected."
)
@click.option(
    "--decimal",
    type=click.Choice([".", ","]),
    help="Decimal separator of amounts. Default: detected.",
)
def produce(
    file: Path,
    mapping: str | None,
    rate: float | None,
    speed: float | None,
    limit: int | None,
    shift_to_now: bool,
    with_labels: bool,
    with_customers: bool,
    to_world: Path | None,
    dry_run: bool,
    rejects: Path | None,
    strict: bool,
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
) -> None:
    """Send the payments in FILE to the topic.

    FILE is CSV, JSON, Parquet or a folder of part files. Card numbers are replaced by a keyed hash
    before anything else. Rows that cannot be mapped, or that the pipeline would reject, go to a
    side file with line and reason. Without --rate or --speed, rows are sent as fast as possible.

    With a mapping that has only labels, sends the labels of payments that were sent earlier. With
    --to-world, writes payments, labels, customers and merchants to a folder to train on instead.

    \b
    Examples:
      swipestream produce fraudTest.csv --dry-run
      swipestream produce fraudTest.csv --shift-to-now --with-labels --with-customers
      swipestream produce 2018-04-01.parquet --mapping handbook --rate 500
      swipestream produce payments.jsonl.gz --speed 60
      swipestream produce mine.csv --mapping mine.toml --rejects bad.jsonl --strict
      swipestream produce umsatz.csv --mapping mine.toml --delimiter ";" --decimal , --dry-run
      swipestream produce spark_out.parquet --mapping mine.toml
      swipestream produce chargebacks.csv --mapping labels.toml
      swipestream produce fraudTrain.csv --to-world sparkov
    """
    from swipestream.sending.input_files import TextForm
    from swipestream.sending.produce_file import open_job
    from swipestream.settings import Settings

    if rate and speed:
        raise click.UsageError("use --rate or --speed, not both")
    if delimiter is not None and len(delimiter := delimiter.replace("\\t", "\t")) != 1:
        raise click.UsageError("--delimiter takes one character, or \\t for a tab")
    if to_world and (rate or speed or shift_to_now or dry_run):
        raise click.UsageError("--to-world sends nothing: use it without --rate and the like")
    settings = Settings.load()
    job = open_job(
        settings, file, mapping, rejects, with_labels or to_world is not None, with_customers,
        TextForm(encoding, delimiter), decimal, limit,
    )  # fmt: skip
    job.rate, job.speed = rate, speed
    for fact in job.said():
        _say(f"warning: {fact}")
    begin = time.monotonic()
    is_interrupted = False
    if shift_to_now:
        job.shift_ms = int(time.time() * 1000) - job.newest_ms()
    try:
        if to_world:
            _write_world(job, to_world)
        else:
            _run(job, settings, dry_run, with_customers)
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        job.side_file.close()
    for example in job.summary.examples:
        click.echo(example.decode())
    verb = "written" if to_world else "would be sent" if dry_run else "sent"
    # A world is read in the order of time, whatever the order of its rows.
    report(
        job, job.summary, time.monotonic() - begin, verb, is_interrupted, is_sorted=bool(to_world)
    )
    if to_world and not is_interrupted:
        _say(f"learn from it: swipestream train --world {to_world}")
    if is_interrupted:
        sys.exit(130)
    if strict and job.summary.rejected:
        sys.exit(1)


def _run(job: "Job", settings: "TopicSettings", dry_run: bool, with_customers: bool) -> None:
    from swipestream.sending.file_progress import file_progress

    if dry_run:
        with file_progress(job):
            job.rehearse()
        return
    from swipestream.sending.reference_rows import upsert
    from swipestream.sending.sender import BULK_LINGER_MS, LIVE_LINGER_MS, Sender

    is_paced = job.rate is not None or job.speed is not None
    linger_ms = LIVE_LINGER_MS if is_paced else BULK_LINGER_MS
    sender = Sender(settings, _topics(job, settings), linger_ms)
    if with_customers:
        # Before the payments, because the stream looks customers up.
        _collect(job)
        for table, rows in job.references.items():
            written = upsert(settings.postgres_url, table, rows.values())
            _say(f"{written:,} {table} written")
        job.references = {}
    with file_progress(job), sender:
        job.send(sender)


def _write_world(job: "Job", folder: Path) -> None:
    from swipestream.sending.file_progress import file_progress
    from swipestream.sending.mapper import SECTION_OF
    from swipestream.sending.world_files import write_world

    job.references = {
        table: {} for table, section in SECTION_OF.items() if section in job.mapping.sections
    }
    with file_progress(job, f"writing {folder}"):
        write_world(job, folder)


def _topics(job: "Job", settings: "KafkaSettings") -> tuple[str, ...]:
    topics = (settings.payments_topic,) if job.mapping.has_payments else ()
    return (*topics, settings.labels_topic) if job.mapper.with_labels else topics


def _collect(job: "Job") -> None:
    from swipestream.sending.file_progress import file_progress
    from swipestream.sending.produce_file import Summary

    with file_progress(job, "customers and merchants"):
        for _ in job.mapped():
            pass
    job.summary = Summary()
    job.side_file.restart()


def _say(text: str) -> None:
    """A line on standard error; names of files may hold anything."""
    click.echo(printable(text), err=True)


def report(
    job: "Job",
    summary: "Summary",
    seconds: float,
    verb: str,
    is_interrupted: bool,
    is_sorted: bool = False,
) -> None:
    """
    Say what became of a file.

    :param verb: what happened to its payments, such as "sent".
    :param is_sorted: the order of its rows does not matter.
    """
    is_done = verb != "would be sent"
    rate = f", {summary.payments / max(seconds, 1e-9):,.0f}/s" if is_done else ""
    if is_interrupted:
        _say("interrupted")
    for line in _lines_accounted(job.file.account):
        _say(line)
    payments = f" {summary.payments:,} payments {verb}{rate}" if job.mapping.has_payments else ""
    _say(f"{summary.rows:,} rows read:{payments}" if payments else f"{summary.rows:,} rows read")
    if summary.labels or not payments:
        _say(f"{summary.labels:,} labels {verb}, {summary.frauds:,} of them fraud")
    if summary.disordered and not is_sorted:
        _say(
            f"warning: {summary.disordered:,} payments are older than an earlier row, and are "
            "scored on the rows of their card above them: sort the file by time"
        )
    for fact, noted in summary.notes.items():
        _say(f"warning: {noted.count:,} {fact}{_first(noted.first_place)}")
    if summary.rejected:
        _say(
            f"warning: {summary.rejected:,} of {summary.rows:,} rows refused, "
            f"see {job.side_file.path}"
        )
        _say_reasons(job)


def _say_reasons(job: "Job") -> None:
    from swipestream.sending.payment_checks import ADVICE

    reasons = job.side_file.reasons
    for reason, count in reasons.most_common(MOST_REASONS):
        _say(f"  {count:,} x {reason}{_first(job.side_file.first_places[reason])}")
        if reason in ADVICE:
            _say(f"      hint: {ADVICE[reason]}")
    if len(reasons) > MOST_REASONS:
        _say(f"  and {len(reasons) - MOST_REASONS} more reasons")


def _first(place: "Place") -> str:
    """The first place of something, for the end of a line."""
    where = ", ".join(f"{key} {at}" for key, at in place.items())
    return f" (first in {where})" if where else ""


def _lines_accounted(account: "LineAccount") -> Iterator[str]:
    """How many lines were rows, blank and so on; nothing for a file without lines."""
    if not account.lines:
        return
    parts = [f"{account.rows:,} rows"]
    if account.header:
        parts.insert(0, f"{account.header:,} of the header")
    if account.blank:
        parts.append(f"{account.blank:,} blank")
    if account.continued:
        parts.append(
            f"{account.continued:,} inside quoted text with line breaks "
            f"(first in line {account.first_continued})"
        )
    yield f"{account.lines:,} lines read: {', '.join(parts)}"
