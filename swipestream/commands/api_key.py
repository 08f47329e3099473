"""`swipestream api-key`: who may use the decision API."""

import click

from swipestream.console.error_lines import ErrorLines
from swipestream.decisions.scopes import SCOPES
from swipestream.settings import Settings


@click.group("api-key", cls=ErrorLines)
def api_key() -> None:
    """Make, list and revoke keys of the decision API.

    A key's secret is shown once, when it is made. The database keeps a hash.
    """


@api_key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("decide",),
    show_default=True,
    help="decide: POST /v1/decisions; read: stored payments and answers; label: POST /v1/outcomes. "
    "May be repeated.",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="Requests a second.",
)
def create(name: str, scopes: tuple[str, ...], rate: int) -> None:
    """Make a key and print its secret.

    \b
    Examples:
      swipestream api-key create gateway
      swipestream api-key create desk --scope read --scope label --rate 20
    """
    from swipestream.database.connection import open_database
    from swipestream.decisions.api_keys import create as make

    with open_database(Settings.load()) as connection:
        secret = make(connection, name, tuple(dict.fromkeys(scopes)), rate)
    click.echo("keep this secret now, it is not shown again:", err=True)
    click.echo(secret)


@api_key.command("list")
def list_keys() -> None:
    """List all keys, revoked ones included."""
    from rich.console import Console
    from rich.table import Table

    from swipestream.database.connection import open_database
    from swipestream.decisions.api_keys import keys

    with open_database(Settings.load()) as connection:
        found = keys(connection)
    if not found:
        click.echo("no keys; make one: swipestream api-key create NAME", err=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "scopes", "requests/s", "made by", "made", "revoked"):
        table.add_column(title, no_wrap=True)
    for key in found:
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
        table.add_row(
            key.name,
            ", ".join(key.scopes),
            str(key.requests_per_second),
            key.made_by,
            f"{key.made_at:%Y-%m-%d %H:%M}",
            revoked,
        )
    Console().print(table)


@api_key.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Refuse a key from now on.

    \b
    Example:
      swipestream api-key revoke gateway
    """
    from swipestream.database.connection import open_database
    from swipestream.decisions.api_keys import revoke as end

    with open_database(Settings.load()) as connection:
        end(connection, name)
    click.echo(f"{name} is revoked", err=True)
