"""`swipestream features`: what the model knows, where it comes from, and what it is now."""

import json
import sys
from typing import TYPE_CHECKING

import click

from flink_jobs.feature_registry import ENTITIES
from swipestream.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")


@click.group()
def features() -> None:
    """List and explain the features that the model uses.

    All of it is read from the headers of the SQL files and from the champion's bundle. Needs no
    running stack.
    """


@features.command("list")
@click.option("--entity", type=click.Choice(ENTITIES), help="Only features of this entity.")
@AS_JSON
def list_(entity: str | None, as_json: bool) -> None:
    """List the features in the order of the model's input.

    \b
    Examples:
      swipestream features list
      swipestream features list --entity card
      swipestream features list --json
    """
    from rich.table import Table

    from swipestream.features.registered import as_object, champions_view, registered

    settings = Settings.load()
    view = champions_view(settings)
    entries = [e for e in registered(settings).values() if entity in (None, e.entity)]
    if as_json:
        for entry in entries:
            click.echo(json.dumps(as_object(entry, view, settings)))
        return
    table = Table("feature", "unit", "of", "window", box=None, pad_edge=False)
    table.add_column("gain", justify="right")
    table.add_column("what it is", overflow="fold")
    for entry in entries:
        share = view.importance.get(entry.name)
        gain = "" if share is None else f"{share:.1%}"
        table.add_row(entry.name, entry.unit, entry.entity, entry.window, gain, entry.meaning)
    _console().print(table)
    if view.problem:
        click.echo(f"how much each one matters is unknown: {view.problem}", err=True)


@features.command()
@click.argument("name")
@AS_JSON
def show(name: str, as_json: bool) -> None:
    """Explain one feature: meaning, SQL, and what the champion makes of it.

    \b
    Examples:
      swipestream features show amount_to_card_mean_7d
      swipestream features show card_txn_count_5m --json
    """
    from swipestream.features.registered import (
        as_object,
        champions_view,
        details,
        entry_of,
        spread,
        sql_of,
    )

    settings = Settings.load()
    view = champions_view(settings)
    entry = entry_of(settings, name)
    bins = view.bins.get(name)
    if as_json:
        facts = as_object(entry, view, settings)
        click.echo(json.dumps(facts | {"bins": bins, "sql": sql_of(entry, settings)}, indent=2))
        return
    for label, text in details(entry, view, settings):
        click.echo(f"{label:<14}{text}")
    if bins:
        click.echo("\nvalues in training, share of payments")
        for text, share in spread(bins):
            click.echo(f"  {text:<20}{share:>7.1%}  {'#' * round(share * 40)}".rstrip())
    click.echo(f"\n{sql_of(entry, settings)}")


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)
