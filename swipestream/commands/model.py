"""`swipestream model`: the champion, the challenger and their history."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from swipestream.console.moments import MOMENT
from swipestream.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from swipestream.models.audit import Change
    from swipestream.models.changing_models import Outcome

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")
WHY = click.option("--why", default="", metavar="TEXT", help="The reason, recorded in the audit.")
BY = click.option("--by", default="", metavar="NAME", help="Who decided. Default: the system user.")
FORCE = click.option(
    "--force", is_flag=True, help="Proceed although the gate refused the model. Needs --why."
)


@click.group()
def model() -> None:
    """List, promote, roll back and compare models.

    The champion's scores decide. The challenger scores every payment too but decides nothing.
    Running jobs pick up a change within seconds. The table model_changes records every change.
    """


@model.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """List the models in the models folder, newest first.

    Quality, share of fraud and money saved a day are of each model's test part.

    \b
    Examples:
      swipestream model list
      swipestream model list --json
    """
    from rich.table import Table

    from swipestream.models.bundles import models
    from swipestream.models.description import facts, measure

    settings = Settings.load()
    found = models(settings)
    if as_json:
        for item in found:
            click.echo(json.dumps(facts(settings, item)))
        return
    table = Table("model", "role", "created (UTC)", box=None, pad_edge=False)
    for name in ("average precision", "fraud", "saves a day", "µs/payment"):
        table.add_column(name, justify="right")
    table.add_column("gate")
    table.add_column("problem", style="red", overflow="fold")
    for item in found:
        fact = facts(settings, item)
        table.add_row(
            item.version,
            item.role,
            item.created_at[:16].replace("T", " "),
            measure(fact["average_precision"]),
            "" if fact["fraud_rate"] is None else f"{fact['fraud_rate']:.2%}",
            "" if (saved := fact["saved_cents_a_day"]) is None else f"{saved / 100:,.0f}",
            "" if (time := fact["microseconds_per_row"]) is None else f"{time:.1f}",
            fact["gate"] or "",
            item.problem or "",
        )
    if found:
        console().print(table)
    else:
        click.echo(f"no models in {settings.models_dir}", err=True)


@model.command()
@click.argument("version", metavar="VERSION|champion|challenger")
@AS_JSON
def show(version: str, as_json: bool) -> None:
    """Show one model: training data, quality, gate, changes.

    \b
    Examples:
      swipestream model show champion
      swipestream model show m-20300101000000-0123456789
    """
    from swipestream.errors import SwipestreamError
    from swipestream.models.audit import open_audit
    from swipestream.models.bundles import model as read_model
    from swipestream.models.changing_models import resolve
    from swipestream.models.description import details, facts

    settings = Settings.load()
    item = read_model(settings, resolve(settings.models_dir, version))
    changes: list[Change] = []
    away: SwipestreamError | None = None
    try:
        with open_audit(settings) as audit:
            changes = [
                change
                for change in audit.changes()
                if item.version in (change.from_version, change.to_version)
            ]
    except SwipestreamError as error:
        away = error
    if as_json:
        whole = facts(settings, item) | {"changes": [_as_object(change) for change in changes]}
        click.echo(json.dumps(whole, indent=2))
        return
    for name, text in details(settings, item):
        click.echo(f"{name:<20} {text}")
    if away:
        click.echo(f"its changes are unknown: {away.fact}", err=True)
    elif changes:
        click.echo()
        _print_changes(changes)


@model.command()
@AS_JSON
def audit(as_json: bool) -> None:
    """List every model change, oldest first.

    \b
    Examples:
      swipestream model audit
      swipestream model audit --json
    """
    from swipestream.models.audit import open_audit

    with open_audit(Settings.load()) as opened:
        changes = opened.changes()
    if as_json:
        for change in changes:
            click.echo(json.dumps(_as_object(change)))
    elif changes:
        _print_changes(changes)
    else:
        click.echo("no changes", err=True)


@model.command()
@click.argument("version", metavar="VERSION|challenger")
@click.option(
    "--with-policy", is_flag=True, help="Use its thresholds, too; policy_changes records it."
)
@WHY
@FORCE
@BY
@AS_JSON
def promote(version: str, with_policy: bool, why: str, force: bool, by: str, as_json: bool) -> None:
    """Make a model the champion. Running jobs switch within seconds, without a restart.

    First checks that the stream can use the model and that the gate passed it against the current
    champion. Without --with-policy, the decision policy stays. Run it again to complete an
    interrupted change.

    \b
    Examples:
      swipestream model promote challenger --with-policy
      swipestream model promote m-20300101000000-0123456789 --why "fewer false alarms on fuel"
      swipestream model promote m-20300101000000-0123456789 --force --why "the last one is broken"
    """
    from swipestream.models import changing_models

    outcome = _change(
        lambda settings, who: changing_models.promote(
            settings, version, who, why, force, with_policy=with_policy
        ),
        by,
        as_json,
    )
    if with_policy and not as_json:
        click.echo(f"policy: {outcome.channels} channels changed", err=True)
    elif outcome.is_new and not as_json:
        click.echo("to use its thresholds: `swipestream policy set --from-model`", err=True)


@model.command()
@WHY
@BY
@AS_JSON
def rollback(why: str, by: str, as_json: bool) -> None:
    """Make the previous champion the champion again.

    Running it twice goes back two champions.

    \b
    Examples:
      swipestream model rollback --why "twice as many reviews"
    """
    from swipestream.models import changing_models

    _change(lambda settings, who: changing_models.rollback(settings, who, why), by, as_json)


@model.command()
@click.argument("version")
@WHY
@FORCE
@BY
@AS_JSON
def challenge(version: str, why: str, force: bool, by: str, as_json: bool) -> None:
    """Make a model the challenger.

    A challenger scores every payment but decides nothing.

    \b
    Examples:
      swipestream model challenge m-20300101000000-0123456789
      swipestream model challenge m-20300101000000-0123456789 --force --why "an experiment"
    """
    from swipestream.models import changing_models

    _change(
        lambda settings, who: changing_models.challenge(settings, version, who, why, force),
        by,
        as_json,
    )


@model.command()
@WHY
@BY
@AS_JSON
def withdraw(why: str, by: str, as_json: bool) -> None:
    """Stop the challenger's scoring. Its bundle is kept.

    \b
    Examples:
      swipestream model withdraw --why "too slow"
    """
    from swipestream.models import changing_models

    _change(lambda settings, who: changing_models.withdraw(settings, who, why), by, as_json)


@model.command()
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option("--all", "is_all", is_flag=True, help="Every model in the models folder.")
@WHY
@BY
def record(versions: tuple[str, ...], is_all: bool, why: str, by: str) -> None:
    """Finish the last step of `swipestream train` later.

    Needed if training could not record the model. A model that passed the gate becomes the
    challenger, or the champion if there is none. It is then recorded in MLflow. Recording a model
    twice changes nothing.

    \b
    Examples:
      swipestream model record m-20300101000000-0123456789
      swipestream model record --all
    """
    from swipestream.console.progress import step_bar
    from swipestream.models.bundles import current_user, models
    from swipestream.models.recording import record as record_model

    if bool(versions) == is_all:
        raise click.UsageError("name versions or use --all")
    settings = Settings.load()
    if is_all:
        # Oldest first, in the order they were trained.
        versions = tuple(item.version for item in reversed(models(settings)) if not item.problem)
    unfinished = None
    with step_bar() as bar:
        for number, version in enumerate(versions):
            bar(f"recording {version}", number, len(versions))
            recorded = record_model(settings, version, by or current_user(), why)
            click.echo(recorded.fact)
            unfinished = unfinished or recorded.unfinished
    if unfinished:
        _tell_unfinished(unfinished)
        sys.exit(1)


@model.command()
@click.option("--since", type=MOMENT, help="Only payments from this time on, UTC. Default: all.")
@click.option(
    "--mature-days",
    type=click.IntRange(min=0),
    default=21,
    show_default=True,
    help="Count a payment this old without a label as genuine.",
)
@AS_JSON
def compare(since: datetime | None, mature_days: int, as_json: bool) -> None:
    """Compare the challenger with the champion.

    On the payments that both have scored. Shows the alerts they share under the current policy and
    under their own thresholds, the spread of their scores, average precision on payments whose
    label is known or overdue, with a confidence interval of the difference, and the challenger's
    cost in the stream. Changes nothing.

    \b
    Examples:
      swipestream model compare
      swipestream model compare --since 7d --json
    """
    from swipestream.console.progress import step_bar
    from swipestream.models.comparison import compare as compare_models
    from swipestream.models.comparison_report import as_object, print_comparison

    settings = Settings.load()
    with step_bar() as bar:
        found = compare_models(settings, since, mature_days, bar)
    if as_json:
        click.echo(json.dumps(as_object(found), indent=2))
    else:
        print_comparison(found, console())


def console() -> "Console":
    """Console for tables; 200 columns wide without a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def _change(change: "Callable[[Settings, str], Outcome]", by: str, as_json: bool) -> "Outcome":
    """
    Change who decides, and tell what has changed.

    :param change: takes the settings and who decided.
    """
    from swipestream.console.progress import step_bar
    from swipestream.models.bundles import current_user

    with step_bar() as bar:
        bar("checking, changing and recording")
        outcome = change(Settings.load(), by or current_user())
    _tell(outcome, as_json)
    return outcome


def _tell(outcome: "Outcome", as_json: bool) -> None:
    from swipestream.models.changing_models import as_json as as_object

    if as_json:
        click.echo(json.dumps(as_object(outcome)))
    elif outcome.after is None:
        click.echo(f"there is no {outcome.name} now; it was {outcome.before}")
    elif outcome.is_new:
        before = f"; previous: {outcome.before}" if outcome.before else ""
        click.echo(f"{outcome.after} is the {outcome.name}{before}")
    else:
        click.echo(f"{outcome.after} is already the {outcome.name}")
    if outcome.unfinished:
        _tell_unfinished(outcome.unfinished)


def _tell_unfinished(unfinished: tuple[str, str]) -> None:
    fact, hint = unfinished
    click.echo(f"{fact}; {hint}", err=True)


def _print_changes(changes: "list[Change]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("", "when (UTC)", "who", "what", "from", "to", "why", box=None, pad_edge=False)
    for change in changes:
        table.add_row(
            str(change.change_number),
            f"{change.changed_at:%Y-%m-%d %H:%M:%S}",
            Text(change.actor),
            change.action + (", forced" if change.is_forced else ""),
            change.from_version or "",
            change.to_version or "",
            Text(change.why),
        )
    console().print(table)


def _as_object(change: "Change") -> dict[str, Any]:
    return vars(change) | {"changed_at": change.changed_at.isoformat()}
