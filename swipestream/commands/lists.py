"""`swipestream lists`: cards, merchants, devices and countries that rules look for."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swipestream.console.durations import DURATION
from swipestream.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from swipestream.rules.changing import Rules

# As in udfs/rule_set.py, which needs NumPy's environment.
KINDS = ("cards", "merchants", "devices", "countries")
SHOWN = 20
KIND = click.option(
    "--kind", type=click.Choice(KINDS), help="What the list holds; needed for a new one."
)
FOR = click.option(
    "--for",
    "seconds",
    type=DURATION,
    metavar="DURATION",
    help="The entries expire after so long, such as 7d. Default: never.",
)
WHY = click.option("--why", default="", metavar="TEXT", help="The reason, recorded in the audit.")
BY = click.option("--by", default="", metavar="NAME", help="Who decided. Default: the system user.")


@click.group()
def lists() -> None:
    """Lists that the conditions of rules look into.

    Cards are named by their card_id, a keyed hash; a card number in clear is refused. A list by
    itself does nothing: see `swipestream rules add --help`.
    """


@lists.command()
@click.argument("name", required=False)
@click.option("--all", "is_all", is_flag=True, help=f"Every entry, not only the first {SHOWN}.")
@click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")
def show(name: str | None, is_all: bool, as_json: bool) -> None:
    """Show all lists, or the entries of one.

    \b
    Examples:
      swipestream lists show
      swipestream lists show bad_cards
      swipestream lists show bad_cards --json
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from swipestream.database.connection import open_database
    from swipestream.rules.changing import find_list
    from swipestream.rules.tables import rules_now

    with open_database(Settings.load()) as connection:
        now = rules_now(connection)
    chosen = {name: find_list(now, name)} if name else now.lists
    if as_json:
        for key, item in chosen.items():
            click.echo(json.dumps({"name": key, **item.to_json()}, ensure_ascii=False))
        return
    out = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    if name is None:
        if not chosen:
            click.echo("no lists; see `swipestream lists add --help`", err=True)
            return
        table = Table("list", "of", "entries", "used by", box=None, pad_edge=False)
        for key, item in chosen.items():
            users = ", ".join(rule.name for rule in now.rules if key in rule.lists)
            table.add_row(key, item.kind, f"{len(item.entries):,}", users or "no rule")
        out.print(table)
        return
    entries = sorted(chosen[name].entries.items())
    table = Table("value", "expires (UTC)", box=None, pad_edge=False)
    for value, expires in entries if is_all else entries[:SHOWN]:
        table.add_row(Text(value), "" if expires is None else _moment(expires))
    out.print(table)
    if not is_all and len(entries) > SHOWN:
        click.echo(f"and {len(entries) - SHOWN:,} more; --all prints them", err=True)


@lists.command()
@click.argument("name")
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@KIND
@FOR
@WHY
@BY
def add(
    name: str, values: tuple[str, ...], kind: str | None, seconds: float | None, why: str, by: str
) -> None:
    """Put values into a list, and make it if there is none.

    \b
    Examples:
      swipestream lists add bad_cards 00915ad288be2d92 --kind cards --for 7d --why "leaked"
      swipestream lists add far_away KP IR --kind countries
    """
    entries = dict.fromkeys(values, _expires_ms(seconds))
    _change(name, lambda opened: opened.add_entries(name, kind or "", entries), by, why)


@lists.command()
@click.argument("name")
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@WHY
@BY
def remove(name: str, values: tuple[str, ...], why: str, by: str) -> None:
    """Take values out of a list.

    \b
    Examples:
      swipestream lists remove bad_cards 00915ad288be2d92 --why "the card was replaced"
    """
    _change(name, lambda opened: opened.remove_entries(name, values), by, why)


@lists.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@KIND
@FOR
@WHY
@BY
def import_(
    name: str, file: Path, kind: str | None, seconds: float | None, why: str, by: str
) -> None:
    """Put the values of a file into a list: all of them or none.

    A value a line, optionally followed by a comma and the moment at which it expires, such as
    2030-01-31.

    \b
    Examples:
      swipestream lists import bad_cards leaked.csv --kind cards --why "from the scheme"
    """
    from swipestream.console.progress import step_bar
    from swipestream.rules.list_files import read_entries

    with step_bar() as bar:
        bar(f"reading {file}")
        entries = read_entries(file, _expires_ms(seconds))
        bar(f"storing {len(entries):,} entries and publishing them")
        _change(name, lambda opened: opened.add_entries(name, kind or "", entries), by, why)


def _expires_ms(seconds: float | None) -> int | None:
    return None if seconds is None else round((time.time() + seconds) * 1000)


def _moment(at_ms: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _change(name: str, make: "Callable[[Rules], None]", by: str, why: str) -> None:
    """Change a list and tell what has changed."""
    from swipestream.models.bundles import current_user, job_in_force
    from swipestream.rules.changing import changing
    from swipestream.rules.columns import rule_columns

    settings = Settings.load()
    columns = rule_columns(job_in_force(settings))
    with changing(settings, columns, by or current_user(), why) as opened:
        before = opened.now.lists.get(name)
        make(opened)
    after = opened.now
    old = before.entries if before else {}
    new = after.lists[name].entries
    changed = sum(old[value] != new[value] for value in old.keys() & new.keys())
    click.echo(
        f"{name}: {len(new.keys() - old.keys()):,} added, {len(old.keys() - new.keys()):,} removed"
        + (f", {changed:,} with another expiry" if changed else "")
        + f"; {len(new):,} entries (version {after.version})",
        err=True,
    )
