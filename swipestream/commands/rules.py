"""`swipestream rules`: rules of the fraud team, in force within seconds."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from swipestream.console.moments import MOMENT
from swipestream.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from swipestream.rules.changing import Rules
    from swipestream.rules.tables import RuleChange
    from udfs.rule_set import Rule, RuleColumns, State

# As in udfs/rule_set.py, which needs NumPy's environment.
ACTIONS, STATES = ("allow", "block", "review"), ("off", "shadow", "live")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")
WHY = click.option("--why", default="", metavar="TEXT", help="The reason, recorded in the audit.")
BY = click.option("--by", default="", metavar="NAME", help="Who decided. Default: the system user.")
WHEN = click.option(
    "--when",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Such as 'amount_cents > 8000'. Repeatable; all of them have to hold.",
)


@click.group()
def rules() -> None:
    """Rules that allow, block or review payments by conditions.

    All conditions of a rule have to hold. A rule in shadow is recorded with each payment that it
    fires for and decides nothing; a live one decides. The stream and the decision API follow a
    change within seconds, without a restart. The table rule_changes records every change.

    \b
    A condition is one of
      COLUMN = VALUE        or <>; of numbers also < <= > >=
      COLUMN in list NAME   see `swipestream lists`
      COLUMN is unknown
    """


@rules.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """List all rules.

    \b
    Examples:
      swipestream rules list
      swipestream rules list --json
    """
    from rich.table import Table
    from rich.text import Text

    found = _now().rules
    if as_json:
        for rule in found:
            click.echo(json.dumps(rule.to_json(), ensure_ascii=False))
        return
    if not found:
        click.echo("no rules; see `swipestream rules add --help`", err=True)
        return
    table = Table("rule", "state", "action", "if", box=None, pad_edge=False)
    for rule in found:
        conditions = " and ".join(map(str, rule.conditions))
        table.add_row(rule.name, rule.state, rule.action, Text(conditions))
    console().print(table)


@rules.command()
@click.argument("name")
@AS_JSON
def show(name: str, as_json: bool) -> None:
    """Show one rule and its changes.

    \b
    Examples:
      swipestream rules show ring_tickets
      swipestream rules show ring_tickets --json
    """
    from swipestream.database.connection import open_database
    from swipestream.rules.changing import find_rule
    from swipestream.rules.condition_sql import rule_sql
    from swipestream.rules.tables import RULE, rule_changes, rules_now

    settings = Settings.load()
    with open_database(settings) as connection:
        rule = find_rule(rules_now(connection), name)
        changes = [
            item for item in rule_changes(connection) if (item.subject, item.name) == (RULE, name)
        ]
    if as_json:
        whole = rule.to_json() | {"changes": [_as_object(item) for item in changes]}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
        return
    click.echo(f"{rule.name}: {rule.state}, {rule.action} if")
    for condition in rule.conditions:
        click.echo(f"  {condition}")
    click.echo(f"\nas SQL\n  {rule_sql(rule, _columns(settings))}\n")
    _print_changes(changes)


@rules.command()
@click.argument("name")
@WHEN
@click.option("--action", type=click.Choice(ACTIONS), required=True, help="What to do.")
@click.option(
    "--state",
    type=click.Choice(STATES),
    default="shadow",
    show_default=True,
    help="A rule that is off is not looked at.",
)
@WHY
@BY
def add(name: str, conditions: tuple[str, ...], action: Any, state: Any, why: str, by: str) -> None:
    """Make a rule, in shadow at first.

    \b
    Examples:
      swipestream rules add ring_tickets --action block --when "channel = online" \\
        --when "merchant_category = tickets" --when "card_txn_count_5m >= 3" \\
        --when "amount_cents > 8000" --why "a ring since 14:05"
      swipestream rules add known_bad --action block --when "card_id in list bad_cards" --state live
    """
    from swipestream.rules.condition_text import condition_of
    from swipestream.rules.tables import list_kinds
    from udfs.rule_set import Rule

    def make(opened: "Rules", columns: "RuleColumns") -> None:
        kinds = list_kinds(opened.now)
        parsed = tuple(condition_of(text, columns, kinds) for text in conditions)
        opened.add(Rule(name, action, state, parsed))

    _change(name, make, by, why)


@rules.command()
@click.argument("name")
@WHEN
@click.option("--action", type=click.Choice(ACTIONS), help="What to do.")
@WHY
@BY
def edit(name: str, conditions: tuple[str, ...], action: Any, why: str, by: str) -> None:
    """Change a rule's conditions or action; its state stays.

    --when replaces all conditions.

    \b
    Examples:
      swipestream rules edit ring_tickets --action review --why "too many insults"
      swipestream rules edit ring_tickets --when "amount_cents > 9000" --when "channel = online"
    """
    from dataclasses import replace

    from swipestream.rules.condition_text import condition_of
    from swipestream.rules.tables import list_kinds

    if not (conditions or action):
        raise click.UsageError("nothing to change: give --when or --action")

    def make(opened: "Rules", columns: "RuleColumns") -> None:
        rule = opened.rule(name)
        kinds = list_kinds(opened.now)
        parsed = tuple(condition_of(text, columns, kinds) for text in conditions)
        opened.change(
            replace(rule, conditions=parsed or rule.conditions, action=action or rule.action)
        )

    _change(name, make, by, why)


@rules.command()
@click.argument("name")
@WHY
@BY
def live(name: str, why: str, by: str) -> None:
    """Let a rule decide.

    \b
    Examples:
      swipestream rules live ring_tickets --why "41 frauds of 55 hits in 30 days"
    """
    _set_state(name, "live", by, why)


@rules.command()
@click.argument("name")
@WHY
@BY
def shadow(name: str, why: str, by: str) -> None:
    """Record what a rule fires for; it decides nothing.

    \b
    Examples:
      swipestream rules shadow ring_tickets --why "the ring is over"
    """
    _set_state(name, "shadow", by, why)


@rules.command()
@click.argument("name")
@WHY
@BY
def off(name: str, why: str, by: str) -> None:
    """Switch a rule off; it is kept.

    \b
    Examples:
      swipestream rules off ring_tickets --why "the shop has closed"
    """
    _set_state(name, "off", by, why)


@rules.command()
@click.argument("name")
@click.option(
    "--since", type=MOMENT, default="30d", show_default=True, help="Payments from then on, UTC."
)
@click.option(
    "--mature-days",
    type=click.IntRange(min=0),
    default=21,
    show_default=True,
    help="Count a payment this old without a label as genuine.",
)
@AS_JSON
def test(name: str, since: datetime, mature_days: int, as_json: bool) -> None:
    """Try a rule on stored payments: hits, known frauds, money, overlap. Changes nothing.

    Precision is of hits whose label would have come by now. Insults cost what the champion was
    trained with. The score alone: what it would send to review or block by the policy of now.

    \b
    Examples:
      swipestream rules test ring_tickets --since 30d
      swipestream rules test ring_tickets --since 2030-01-01 --json
    """
    from swipestream.console.progress import step_bar
    from swipestream.database.connection import open_database
    from swipestream.rules.changing import find_rule
    from swipestream.rules.preview import as_object, preview
    from swipestream.rules.report import print_preview
    from swipestream.rules.tables import list_kinds, rules_now
    from udfs.rule_set import check_rule

    settings = Settings.load()
    columns = _columns(settings)
    with open_database(settings) as connection, step_bar() as bar:
        now = rules_now(connection)
        rule = find_rule(now, name)
        check_rule(rule, columns, list_kinds(now))
        bar(f"trying {name} on stored payments")
        found = preview(connection, rule, columns, settings.models_dir, since, mature_days)
    if as_json:
        click.echo(json.dumps(as_object(found), indent=2))
    else:
        print_preview(found, mature_days, console())


@rules.command()
@AS_JSON
def columns(as_json: bool) -> None:
    """List what a condition may name.

    \b
    Examples:
      swipestream rules columns
      swipestream rules columns --json
    """
    from rich.table import Table

    from swipestream.features.registered import registered
    from udfs.rule_set import LIST_KINDS

    settings = Settings.load()
    known = registered(settings)
    found = _columns(settings)
    table = Table("column", "kind", "unit", "what it is", box=None, pad_edge=False)
    for name in found.names:
        kind = "number" if name in found.numbers else "text"
        lists = [kind_ for kind_, of in LIST_KINDS.items() if name in of]
        entry = known.get(name)
        unit = entry.unit if entry else ""
        meaning = entry.meaning if entry else "of the payment, its merchant or its customer"
        if lists:
            meaning += f"; may be in a list of {lists[0]}"
        if as_json:
            facts = {"column": name, "kind": kind, "lists": lists, "meaning": meaning}
            click.echo(json.dumps(facts))
        else:
            table.add_row(name, kind, unit, meaning)
    if not as_json:
        console().print(table)


@rules.command()
@AS_JSON
def audit(as_json: bool) -> None:
    """List every change of rules and lists, oldest first.

    \b
    Examples:
      swipestream rules audit
      swipestream rules audit --json
    """
    from swipestream.database.connection import open_database
    from swipestream.rules.tables import rule_changes

    with open_database(Settings.load()) as connection:
        changes = rule_changes(connection)
    if as_json:
        for change in changes:
            click.echo(json.dumps(_as_object(change), ensure_ascii=False))
    elif changes:
        _print_changes(changes)
    else:
        click.echo("no changes", err=True)


@rules.command()
def publish() -> None:
    """Write the file of rules again, if it was lost or damaged.

    \b
    Examples:
      swipestream rules publish
    """
    from swipestream.models.bundles import current_user
    from swipestream.rules.changing import changing

    settings = Settings.load()
    # In turn with changes: what is older must not replace what is newer.
    with changing(settings, _columns(settings), current_user()) as opened:
        pass
    written = opened.now
    if written.version is None:
        click.echo("no rules; nothing to write", err=True)
    else:
        click.echo(f"version {written.version} is published", err=True)


def console() -> "Console":
    """Console for tables; 200 columns wide without a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def _columns(settings: Settings) -> "RuleColumns":
    from swipestream.models.bundles import job_in_force
    from swipestream.rules.columns import rule_columns

    return rule_columns(job_in_force(settings))


def _now() -> Any:
    from swipestream.database.connection import open_database
    from swipestream.rules.tables import rules_now

    with open_database(Settings.load()) as connection:
        return rules_now(connection)


def _set_state(name: str, state: "State", by: str, why: str) -> None:
    _change(name, lambda opened, _: opened.set_state(name, state), by, why)


def _change(name: str, make: "Callable[[Rules, RuleColumns], None]", by: str, why: str) -> None:
    """Change a rule and tell what has changed."""
    from swipestream.models.bundles import current_user
    from swipestream.rules.changing import changing, find_rule

    settings = Settings.load()
    found = _columns(settings)
    with changing(settings, found, by or current_user(), why) as opened:
        before = opened.now
        make(opened, found)
    after = opened.now
    rule: Rule = find_rule(after, name)
    if before.version == after.version:
        click.echo(f"{name} is already so; nothing changed", err=True)
        return
    click.echo(f"{name} is {rule.state}: {rule.action} (version {after.version})", err=True)


def _print_changes(changes: "Sequence[RuleChange]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("", "when (UTC)", "who", "of", "what", "why", box=None, pad_edge=False)
    for change in changes:
        table.add_row(
            str(change.change_number),
            f"{change.changed_at:%Y-%m-%d %H:%M:%S}",
            Text(change.actor),
            change.name,
            Text(change.what),
            Text(change.why),
        )
    console().print(table)


def _as_object(change: "RuleChange") -> dict[str, Any]:
    return vars(change) | {"changed_at": change.changed_at.isoformat()}
