"""`swipestream produce`: send a file of payments."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from swipestream.producing.produce_file import Job, Summary

MOST_REASONS = 5


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    metavar="NAME_OR_FILE",
    help="native, sparkov, handbook, or a TOML file. Default: told from the columns.",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Payments per second.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Times as fast as they happened."
)
@click.option("--limit", type=click.IntRange(min=1), help="Read this many rows only.")
@click.option("--shift-to-now", is_flag=True, help="Move all times so that the last one is now.")
@click.option("--with-labels", is_flag=True, help="Send the labels in the file to their topic.")
@click.option(
    "--with-customers", is_flag=True, help="Write the customers and merchants in the file first."
)
@click.option("--dry-run", is_flag=True, help="Send nothing; show the first three messages.")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Side file for rows that cannot be mapped. Default: FILE.rejects.jsonl, here.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if a row cannot be mapped.")
def produce(
    file: Path,
    mapping: str | None,
    rate: float | None,
    speed: float | None,
    limit: int | None,
    shift_to_now: bool,
    with_labels: bool,
    with_customers: bool,
    dry_run: bool,
    rejects: Path | None,
    strict: bool,
) -> None:
    """Send a CSV, JSONL or Parquet FILE of payments to the topic.

    Card numbers become a keyed hash before anything else happens to them. Rows that cannot be
    mapped go to a side file with the reason. Without --rate or --speed it sends as fast as it can.

    \b
    Examples:
      swipestream produce fraudTest.csv --dry-run
      swipestream produce fraudTest.csv --shift-to-now --with-labels --with-customers
      swipestream produce 2018-04-01.parquet --mapping handbook --rate 500
      swipestream produce payments.jsonl.gz --speed 60
      swipestream produce mine.csv --mapping mine.toml --rejects bad.jsonl --strict
    """
    from swipestream.producing.produce_file import open_job
    from swipestream.settings import Settings

    if rate and speed:
        raise click.UsageError("--rate and --speed exclude one another")
    settings = Settings.load()
    job = open_job(settings, file, mapping, rejects, with_labels, with_customers)
    job.limit, job.rate, job.speed = limit, rate, speed
    begin = time.monotonic()
    is_interrupted = False
    if shift_to_now:
        job.shift_ms = int(time.time() * 1000) - job.newest_ms()
    try:
        _run(job, settings, dry_run, with_customers)
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        job.side_file.close()
    for example in job.summary.examples:
        click.echo(example.decode())
    _report(job, job.summary, time.monotonic() - begin, dry_run, is_interrupted)
    if is_interrupted:
        sys.exit(130)
    if strict and job.summary.rejected:
        sys.exit(1)


def _run(job: "Job", settings, dry_run: bool, with_customers: bool) -> None:  # type: ignore[no-untyped-def]
    from swipestream.producing.progress import FileProgress

    if dry_run:
        with FileProgress(job):
            job.rehearse()
        return
    from swipestream.producing.reference_rows import upsert
    from swipestream.producing.sender import BULK_LINGER_MS, LIVE_LINGER_MS, Sender

    is_paced = job.rate is not None or job.speed is not None
    linger_ms = LIVE_LINGER_MS if is_paced else BULK_LINGER_MS
    sender = Sender(settings, _topics(job, settings), linger_ms)
    if with_customers:
        # Before the payments: the stream looks customers up.
        _collect(job)
        for table, rows in job.references.items():
            written = upsert(settings.postgres_url, table, rows.values())
            click.echo(f"{written:,} {table} written", err=True)
        job.references = {}
    with FileProgress(job), sender:
        job.send(sender)


def _topics(job: "Job", settings) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    topics = (settings.payments_topic,)
    return (*topics, settings.labels_topic) if job.mapper.with_labels else topics


def _collect(job: "Job") -> None:
    from swipestream.producing.produce_file import Summary
    from swipestream.producing.progress import FileProgress

    with FileProgress(job, "customers and merchants"):
        for _ in job.mapped():
            pass
    job.summary = Summary()
    job.side_file.restart()


def _report(
    job: "Job", summary: "Summary", seconds: float, dry_run: bool, is_interrupted: bool
) -> None:
    def say(text: str) -> None:
        click.echo(text, err=True)

    verb = "would be sent" if dry_run else "sent"
    rate = f", {summary.payments / max(seconds, 1e-9):,.0f}/s" if not dry_run else ""
    if is_interrupted:
        say("interrupted")
    say(f"{summary.rows:,} rows read: {summary.payments:,} payments {verb}{rate}")
    if summary.labels:
        say(f"{summary.labels:,} labels {verb}, {summary.frauds:,} of them fraud")
    if summary.disordered:
        say(
            f"warning: {summary.disordered:,} payments are older than one before them, and are "
            "scored by what the file has of their card above them: sort the file by time"
        )
    if summary.rejected:
        say(f"warning: {summary.rejected:,} rows could not be mapped, see {job.side_file.path}")
        for reason, count in job.side_file.reasons.most_common(MOST_REASONS):
            say(f"  {count:,} x {reason}")
        if len(job.side_file.reasons) > MOST_REASONS:
            say(f"  and {len(job.side_file.reasons) - MOST_REASONS} more reasons")
