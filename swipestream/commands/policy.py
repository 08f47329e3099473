"""`swipestream policy`: show or change the decision policy without a restart."""

import sys
from typing import TYPE_CHECKING

import click

from swipestream.settings import Settings

if TYPE_CHECKING:
    from training.decide.decision_curve import Expected

COSTS = click.option(
    "--costs",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Another cost than the bundle's: review-cents, review-insult-cents, block-insult-cents "
    "or caught-in-review. Repeatable.",
)
VOLUME = click.option(
    "--payments-a-day",
    type=click.FloatRange(min=0, min_open=True),
    help="How many payments a day there are now. Default: as many as in training.",
)


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
@click.option(
    "--reviews-a-day",
    type=click.FloatRange(min=0),
    help="Use the champion's cheapest thresholds with at most this many reviews a day.",
)
@COSTS
@VOLUME
@click.option("--why", default="", metavar="TEXT", help="The reason, recorded in the audit.")
@click.option("--by", default="", metavar="NAME", help="Who decided. Default: the system user.")
def set_(
    channels: tuple[str, ...],
    from_model: bool,
    reviews_a_day: float | None,
    costs: tuple[str, ...],
    payments_a_day: float | None,
    why: str,
    by: str,
    **values: float | int | None,
) -> None:
    """Change the policy. Running jobs pick it up within seconds.

    --reviews-a-day and --costs choose both thresholds from the champion's curve, which
    `swipestream policy curve` prints. The table policy_changes records every change.

    \b
    Examples:
      swipestream policy set --review-score 0.4 --why "more staff from Monday"
      swipestream policy set --channel atm --block-score 0.7
      swipestream policy set --from-model
      swipestream policy set --reviews-a-day 60
      swipestream policy set --costs block-insult-cents=20000 --costs review-cents=800
    """
    import psycopg

    from swipestream.errors import SwipestreamError
    from swipestream.models.bundles import current_user
    from swipestream.models.decision_policy import (
        CHANNELS,
        Reason,
        champion_bundle,
        champion_thresholds,
        change,
        policies,
    )
    from swipestream.models.policy_audit import differences
    from swipestream.models.threshold_choice import champion_curve

    settings = Settings.load()
    new = {name: value for name, value in values.items() if value is not None}
    is_chosen = reviews_a_day is not None or bool(costs)
    scores = [name for name in ("review_score", "block_score") if name in new]
    if is_chosen + from_model + bool(scores) > 1:
        raise click.UsageError(
            "give scores, or --from-model, or choose with --reviews-a-day and --costs"
        )
    if payments_a_day and not is_chosen:
        raise click.UsageError("--payments-a-day goes with --reviews-a-day or --costs")
    chosen_by, expected = "", ""
    if from_model:
        new |= champion_thresholds(settings.models_dir)
        chosen_by = f"thresholds of {champion_bundle(settings.models_dir).version}"
    elif is_chosen:
        curve = champion_curve(settings.models_dir, costs, payments_a_day)
        choice = curve.choose(reviews_a_day)
        new |= choice.values
        chosen_by = choice.chosen_by
        expected = f"on the test part of {curve.version}, {expectation(choice.expected)}"
    if not new:
        raise SwipestreamError("nothing to change", "see `swipestream policy set --help`")
    with psycopg.connect(settings.postgres_url) as connection:
        before = {row.channel: vars(row) for row in policies(connection)}
        reason = Reason(by or current_user(), why, chosen_by)
        changed = change(connection, channels or CHANNELS, new, reason)
        after = {row.channel: vars(row) for row in policies(connection)}
    for channel, row in after.items():
        if row != before.get(channel):
            click.echo(f"{channel:<8}{differences(before[channel], row)}", err=True)
    click.echo(f"{changed} of {len(channels or CHANNELS)} channels changed", err=True)
    if expected:
        click.echo(expected, err=True)


@policy.command()
@COSTS
@VOLUME
def curve(costs: tuple[str, ...], payments_a_day: float | None) -> None:
    """Print what the champion can do with how many reviews a day.

    For each number of reviews the cheapest thresholds, chosen on the model's validation part, and
    what they do to the later payments of its test part. Money is in the currency of the cards.

    \b
    Examples:
      swipestream policy curve
      swipestream policy curve --costs review-cents=800 --payments-a-day 250000
    """
    from rich.console import Console
    from rich.table import Table

    from swipestream.models.threshold_choice import champion_curve, terms

    found = champion_curve(Settings.load().models_dir, costs, payments_a_day)
    table = Table(box=None)
    for name in (
        *("reviews a day, at most", "review from", "block from", "reviews", "blocks"),
        *("alerts that are fraud", "frauds found", "cost a day", "saved a day"),
    ):
        table.add_column(name, justify="right")
    for limit, choice in found.rows():
        expected = choice.expected
        table.add_row(
            f"{limit:,.1f}",
            f"{choice.thresholds.review:.6f}",
            f"{choice.thresholds.block:.6f}",
            f"{expected.reviews_a_day:,.1f}",
            f"{expected.blocks_a_day:,.1f}",
            f"{expected.precision:.1%}",
            f"{expected.recall:.1%}",
            f"{expected.cost_cents_a_day / 100:,.0f}",
            f"{expected.saved_cents_a_day / 100:,.0f}",
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    click.echo(
        f"{found.version}, {found.volume:,.0f} payments a day; its own: {terms(found.costs)}",
        err=True,
    )


@policy.command()
@click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")
def audit(as_json: bool) -> None:
    """List every change of the policy, oldest first.

    \b
    Examples:
      swipestream policy audit
      swipestream policy audit --json
    """
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from swipestream.database.connection import open_database
    from swipestream.models.policy_audit import policy_changes

    with open_database(Settings.load()) as connection:
        changes = policy_changes(connection)
    if as_json:
        for item in changes:
            shown = vars(item) | {"changed_at": item.changed_at.isoformat()}
            click.echo(json.dumps(shown))
        return
    table = Table("", "when (UTC)", "who", "channel", "what", "why", "chosen by", box=None)
    for item in changes:
        table.add_row(
            str(item.change_number),
            f"{item.changed_at:%Y-%m-%d %H:%M:%S}",
            Text(item.actor),
            item.channel,
            item.what,
            Text(item.why),
            Text(item.chosen_by or ""),
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def expectation(expected: "Expected") -> str:
    """What a choice does, in a line."""
    return (
        f"{expected.reviews_a_day:,.0f} reviews and {expected.blocks_a_day:,.0f} blocks a day, "
        f"{expected.precision:.0%} of alerts fraud, {expected.recall:.0%} of fraud found, "
        f"{expected.saved_cents_a_day / 100:,.0f} saved a day"
    )
