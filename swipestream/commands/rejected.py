"""`swipestream rejected`: see why messages were rejected and send them again."""

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from swipestream.settings import Settings

if TYPE_CHECKING:
    from swipestream.verify.reconcile.rejected import Rejected

PAYLOAD_WIDTH = 100


@click.group()
def rejected() -> None:
    """List rejected messages, show one, or send them again.

    A PLACE is topic:partition:offset, or partition:offset, as `list` prints it.
    """


@rejected.command("list")
@click.option("--reason", default="", metavar="TEXT", help="Only reasons that contain TEXT.")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=0),
    help="Show at most this many messages, newest first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line and message.")
def list_(reason: str, limit: int, as_json: bool) -> None:
    """Show reasons and their counts, then the newest messages.

    \b
    Examples:
      swipestream rejected list
      swipestream rejected list --reason currency --json
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from swipestream.database.connection import open_database
    from swipestream.verify.reconcile.rejected import newest, reasons

    settings = Settings.load()
    with open_database(settings) as database:
        rows = newest(database, settings.payments_topic, reason, limit)
        counts = reasons(database, settings.payments_topic, reason)
    if as_json:
        for row in rows:
            click.echo(json.dumps(as_object(row), ensure_ascii=False))
        return
    out = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table("messages", "sent again", "reason", box=None, pad_edge=False)
    table.columns[0].justify = table.columns[1].justify = "right"
    for count in counts:
        table.add_row(f"{count.messages:,}", f"{count.redriven:,}", Text(count.reason))
    out.print(table if counts else "nothing was rejected")
    if rows:
        table = Table("place", "arrived (UTC)", "payload", box=None, pad_edge=False)
        table.columns[2].overflow, table.columns[2].no_wrap = "ellipsis", True
        for row in rows:
            arrived = f"{row.arrived_at:%Y-%m-%d %H:%M:%S}" if row.arrived_at else ""
            table.add_row(row.name, arrived, Text(row.text[:PAYLOAD_WIDTH]))
        out.print()
        out.print(table)


@rejected.command()
@click.argument("place")
def show(place: str) -> None:
    """Show one message: reason, arrival, payload, later outcome."""
    from swipestream.database.connection import open_database
    from swipestream.verify.reconcile.rejected import at, parse_place
    from swipestream.verify.reconcile.stored_places import outcomes_at
    from swipestream.verify.topic_reading import Place

    settings = Settings.load()
    topic = settings.payments_topic
    with open_database(settings) as database:
        (row,) = at(database, topic, [parse_place(place, topic)])
        outcome = ""
        if row.new_partition is not None and row.new_offset is not None:
            new = Place(row.new_partition, row.new_offset)
            now = outcomes_at(database, topic, [new]).get(new, "not stored yet")
            outcome = f"{topic}:{new.partition}:{new.offset}, {now}"
    lines = {
        "place": row.name,
        "reason": row.reason,
        "arrived": f"{row.arrived_at} UTC" if row.arrived_at else "",
        "rejected": f"{row.rejected_at} UTC" if row.rejected_at else "",
        "sent again": outcome,
        "payload": row.text,
    }
    for name, text in lines.items():
        if text:
            click.echo(f"{name:<11} {text}")


@rejected.command()
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@click.option(
    "--reason",
    metavar="TEXT",
    help="All whose reason contains TEXT and that were not sent again yet.",
)
@click.option(
    "--edit",
    "edits",
    multiple=True,
    metavar="FIELD=VALUE",
    help="First change a field of each message.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing; list what would be sent.")
def redrive(
    places: tuple[str, ...], reason: str | None, edits: tuple[str, ...], dry_run: bool
) -> None:
    """Send rejected messages again after the cause is fixed.

    Sends the original bytes, unless --edit changes fields of a JSON object. VALUE is read as JSON,
    or else as text. Prints the new place and outcome of each message. Exits with 1 if a message was
    rejected again, conflicts with a stored payment of the same id, or is not stored yet.

    \b
    Examples:
      swipestream rejected redrive payments:0:4711
      swipestream rejected redrive --reason currency
      swipestream rejected redrive payments:1:17 --edit amount_cents=1250
    """
    from swipestream.console.progress import step_bar
    from swipestream.database.connection import open_database
    from swipestream.verify.reconcile.rejected import (
        at,
        open_by_reason,
        parse_edits,
        parse_place,
        redrive_rejected,
    )
    from swipestream.verify.reconcile.stored_places import wait_for_outcomes

    if bool(places) == bool(reason):
        raise click.UsageError("name places or use --reason")
    settings = Settings.load()
    topic = settings.payments_topic
    with open_database(settings) as database, step_bar() as bar:
        if reason:
            rows = open_by_reason(database, topic, reason)
        else:
            rows = at(database, topic, [parse_place(place, topic) for place in places])
        changes = parse_edits(edits)
        if dry_run:
            for row in rows:
                click.echo(f"{row.name}  {row.reason}")
            click.echo(f"{len(rows):,} messages would be sent again", err=True)
            return
        bar(f"sending {len(rows):,} messages again")
        moved = redrive_rejected(settings, database, rows, changes)
        outcomes = wait_for_outcomes(
            database,
            topic,
            list(moved.values()),
            on_open=lambda count: bar(f"waiting for {count:,} messages to be stored"),
        )
    is_done = True
    for old, new in moved.items():
        outcome = outcomes.get(new, "not stored yet")
        is_done = is_done and outcome in ("scored", "duplicate")
        click.echo(
            f"{topic}:{old.partition}:{old.offset} -> {topic}:{new.partition}:{new.offset} "
            f"{outcome}"
        )
    click.echo(f"{len(moved):,} messages sent again", err=True)
    sys.exit(0 if is_done else 1)


def as_object(row: "Rejected") -> dict[str, Any]:
    """A message as a JSON object; a payload that is not UTF-8 appears in base64 only."""
    return {
        "place": row.name,
        "reason": row.reason,
        "arrived_at": row.arrived_at.isoformat() if row.arrived_at else None,
        "rejected_at": row.rejected_at.isoformat() if row.rejected_at else None,
        "redriven_at": row.redriven_at.isoformat() if row.redriven_at else None,
        "new_place": None
        if row.new_offset is None
        else f"{row.kafka_topic}:{row.new_partition}:{row.new_offset}",
        "payload": row.text if row.payload is not None else None,
        "payload_base64": None if row.payload is None else base64.b64encode(row.payload).decode(),
    }
