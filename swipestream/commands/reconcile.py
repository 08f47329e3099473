"""`swipestream reconcile`: account for every message of the payments topic."""

import dataclasses
import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from swipestream.console.moments import MOMENT

if TYPE_CHECKING:
    from swipestream.verify.reconcile.run import Reconciliation
    from swipestream.verify.topic_reading import Place

MOST_PLACES = 20


@click.command()
@click.option(
    "--since", type=MOMENT, help="Only messages that arrived from this time on, UTC. Default: all."
)
@click.option("--repair", "is_repair", is_flag=True, help="Send unaccounted messages again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with every place.")
def reconcile(since: datetime | None, is_repair: bool, as_json: bool) -> None:
    """Account for every message of the payments topic.

    Each should be scored, a duplicate, a conflict or rejected. Lists all other messages by
    partition and offset. --repair sends them again with the same bytes and key; if a payment was
    stored after all, its copy counts as a duplicate and is not scored again. Messages after the
    last stored one are waiting, not lost, and are not sent again. Messages that Kafka deleted
    before they were read are reported as gone. A tick is a message that earlier versions sent to
    advance the clock. Exits with 1 if a message is gone, stays unaccounted for, or is claimed by
    two tables.

    \b
    Examples:
      swipestream reconcile
      swipestream reconcile --since 1h --repair
    """
    from swipestream.console.progress import step_bar
    from swipestream.settings import Settings
    from swipestream.verify.reconcile.run import reconcile as run

    settings = Settings.load()
    with step_bar() as bar:
        result = run(settings, since, is_repair, bar)
    if as_json:
        text = dataclasses.asdict(result) | {
            "moved": [[list(old), list(new)] for old, new in result.moved.items()],
            "is_complete": result.is_complete,
        }
        click.echo(json.dumps(text))
    else:
        show(result, settings.payments_topic)
    sys.exit(0 if result.is_complete else 1)


def show(result: "Reconciliation", topic: str) -> None:
    """Print the counts, then the places of faulty messages."""
    from swipestream.verify.reconcile.topic_identity import as_text

    width = max(len(f"{result.messages:,}"), 1)
    for outcome, count in result.counts.items():
        if count or outcome not in ("tick", "sent again"):
            click.echo(f"{count:>{width},}  {outcome}")
    lists = {
        "unaccounted": result.unaccounted,
        "waiting: not read by the stream yet, see `swipestream status`": result.waiting,
        "claimed by two tables": result.doubled,
        "stored without a message in the topic": result.without_message,
        "sent again and still unaccounted": result.unrepaired,
    }
    for fact, places in lists.items():
        if places or fact == "unaccounted":
            click.echo(f"{len(places):>{width},}  {fact}")
            for line in place_lines(places, topic):
                click.echo(f"{'':{width}}    {line}")
    if result.gone:
        click.echo(as_text(topic, result.gone))
    if result.moved:
        what = ", ".join(f"{count:,} {name}" for name, count in sorted(result.repaired.items()))
        click.echo(f"{len(result.moved):,} messages sent again: {what or 'none stored yet'}")
    elif result.unaccounted:
        click.echo("hint: send them again with `swipestream reconcile --repair`", err=True)
    if result.known_since:
        click.echo(
            f"{topic} was recreated: messages that arrived before {result.known_since} UTC belong "
            "to an earlier topic of that name and are not checked",
            err=True,
        )
    click.echo(f"{result.messages:,} messages of {topic} in {result.seconds:.1f} s", err=True)


def place_lines(places: "list[Place]", topic: str) -> list[str]:
    """The first places, in the form that other commands accept."""
    lines = [f"{topic}:{place.partition}:{place.offset}" for place in places[:MOST_PLACES]]
    if len(places) > MOST_PLACES:
        lines.append(f"and {len(places) - MOST_PLACES:,} more, see --json")
    return lines
