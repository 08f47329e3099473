"""`swipestream retrain`: train again on what the stream has scored, if there is a reason to."""

import sys

import click

from swipestream.console.durations import DURATION
from swipestream.settings import Settings

# As sysexits.h has it: trying again later may work.
LATER = 75


@click.command()
@click.option(
    "--if-older-than",
    "older_than",
    type=DURATION,
    help="Train only if the champion is older than this, such as 7d.",
)
@click.option("--or-drifted", is_flag=True, help="Train if `swipestream drift` shows drift.")
@click.option(
    "--auto-promote-after",
    "promote_after",
    type=DURATION,
    help="First promote a challenger that has been in the shadow for this long and agrees.",
)
@click.option("--only-promote", is_flag=True, help="Do not train.")
@click.option("--scheduled", is_flag=True, help="At most once a day; as RETRAIN_SCHEDULE does it.")
@click.option("--min-positives", type=int, help="Fewest frauds that the gate accepts.")
@click.option("--by", default="", metavar="NAME", help="Who decided. Default: the system user.")
def retrain(
    older_than: float | None,
    or_drifted: bool,
    promote_after: float | None,
    only_promote: bool,
    scheduled: bool,
    min_positives: int | None,
    by: str,
) -> None:
    """Train on stored payments, if there is a reason to.

    A model that passes the gate becomes the challenger. Without a condition it trains at once. One
    at a time; not while payments wait to be scored; with low priority. If the gate refuses the
    model, or if this is interrupted, champion, challenger and policy stay as they are. The table
    retrainings has a row for each.

    Promotion is a person's, with `swipestream model promote VERSION --with-policy`. With
    --auto-promote-after the challenger becomes the champion, with its thresholds, if the gate
    passed it against the present champion, both models' scores and alerts agree, and no signal of
    data quality fires. The exit status is 75 if trying again later may work.

    \b
    Examples:
      swipestream retrain
      swipestream retrain --if-older-than 7d --or-drifted
      swipestream retrain --if-older-than 7d --or-drifted --auto-promote-after 24h
      swipestream retrain --only-promote --auto-promote-after 24h
    """
    from swipestream.models.bundles import current_user
    from swipestream.retraining.errors import LaterError
    from swipestream.retraining.promotion import promote_if_due
    from swipestream.retraining.run import Conditions
    from swipestream.retraining.run import retrain as run

    settings = Settings.load()
    actor = by or current_user()
    if only_promote and promote_after is None:
        raise click.UsageError("--only-promote goes with --auto-promote-after")
    if promote_after is not None:
        due = promote_if_due(settings, promote_after, actor)
        click.echo(due.fact)
        if due.outcome or only_promote:
            return
    options: tuple[object, ...] = ()
    if min_positives is not None:
        options = ("--min-positives", min_positives)
    try:
        fact = run(
            settings,
            Conditions(older_than, or_drifted, scheduled),
            actor,
            lambda text: click.echo(text, err=True),
            options,
        )
    except LaterError as error:
        click.echo(f"error: {error.fact}\nhint: {error.hint}", err=True)
        sys.exit(LATER)
    click.echo(fact or "no reason to train")
