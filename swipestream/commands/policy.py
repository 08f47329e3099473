"""`swipestream policy`: show or change the decision policy without a restart."""

import sys

import click

from swipestream.settings import Settings


@click.group()
def policy() -> None:
    """Show or change the scores that trigger review or block."""


@policy.command()
def show() -> None:
    """Print the current policy, one line per channel."""
    import psycopg
    from rich.console import Console
    from rich.table import Table

    from swipestream.models.decision_policy import COLUMNS, policies

    table = Table(*COLUMNS, box=None)
    with psycopg.connect(Settings.load().postgres_url) as connection:
        for row in policies(connection):
            table.add_row(
                *(
                    f"{getattr(row, name):g}" if name != "channel" else row.channel
                    for name in COLUMNS
                )
            )
    # A pipe has no width; 200 columns keep each row on one line.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@policy.command("set")
@click.option(
    "--channel",
    "channels",
    multiple=True,
    type=click.Choice(["pos", "online", "atm"]),
    help="Change only this channel. Repeatable. Default: all.",
)
@click.option("--review-score", type=click.FloatRange(0, 1), help="Review at this score or above.")
@click.option("--block-score", type=click.FloatRange(0, 1), help="Block at this score or above.")
@click.option(
    "--rule-block-kmh", type=float, help="Without a score: block at this speed or above ..."
)
@click.option("--rule-block-km", type=float, help="... if the distance is at least this.")
@click.option(
    "--rule-review-txn-count-5m",
    type=int,
    help="Without a score: review at this many payments in 5 minutes.",
)
@click.option(
    "--rule-review-amount-cents", type=int, help="Without a score: review at this amount or above."
)
@click.option("--from-model", is_flag=True, help="Use both thresholds from the champion's bundle.")
def set_(channels: tuple[str, ...], from_model: bool, **values: float | int | None) -> None:
    """Change the policy. Running jobs pick it up within seconds.

    \b
    Examples:
      swipestream policy set --review-score 0.4
      swipestream policy set --channel atm --block-score 0.7
      swipestream policy set --from-model
    """
    import psycopg

    from swipestream.errors import SwipestreamError
    from swipestream.models.decision_policy import CHANNELS, champion_thresholds, change

    settings = Settings.load()
    new = {name: value for name, value in values.items() if value is not None}
    if from_model:
        new |= champion_thresholds(settings.models_dir)
    if not new:
        raise SwipestreamError("nothing to change", "see `swipestream policy set --help`")
    with psycopg.connect(settings.postgres_url) as connection:
        changed = change(connection, channels or CHANNELS, new)
    click.echo(f"{changed} of {len(channels or CHANNELS)} channels changed", err=True)
