"""`swipestream alerts`: the newest alerts, and why a payment is one."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from swipestream.console.error_lines import ErrorLines
from swipestream.settings import Settings

if TYPE_CHECKING:
    from swipestream.cases.rows import Row

BAR_WIDTH = 20


@click.group(cls=ErrorLines)
def alerts() -> None:
    """List alerts, or explain one."""


@alerts.command("list")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=1, max=10_000),
    help="Show at most this many.",
)
@click.option("--by-risk", is_flag=True, help="The most money at risk first. Default: the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line and alert.")
def list_(limit: int, by_risk: bool, as_json: bool) -> None:
    """Show the alerts of the last day.

    \b
    Examples:
      swipestream alerts list
      swipestream alerts list --by-risk --json
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from swipestream.cases.alerts import newest_alerts
    from swipestream.database.connection import open_database

    with open_database(Settings.load()) as connection:
        rows = newest_alerts(connection, limit, by_risk=by_risk)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, default=as_text, ensure_ascii=False))
        return
    if not rows:
        click.echo("no alerts in the last day", err=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("time (UTC)", "decision", "score", "amount", "card", "merchant", "id", "why"):
        is_number = title in ("score", "amount")
        table.add_column(title, justify="right" if is_number else "left", no_wrap=True)
    table.columns[-1].overflow = "ellipsis"
    for row in rows:
        table.add_row(
            f"{row['event_time']:%m-%d %H:%M:%S}",
            row["decision"],
            "none" if row["score"] is None else f"{row['score']:.2f}",
            f"{row['amount_cents'] / 100:,.2f} {row['currency']}",
            f"...{row['card_last4'] or '????'}",
            Text(row["merchant"] or row["merchant_id"]),
            Text(row["transaction_id"]),
            Text(row["reasons"] or "not explained"),
        )
    # In a pipe or a file, nothing is cut off.
    Console(width=None if sys.stdout.isatty() else 2000, highlight=False).print(table)


@alerts.command()
@click.argument("transaction_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(transaction_id: str, as_json: bool) -> None:
    """Say why a payment is an alert.

    What speaks for fraud and what against it, each with its weight in log odds.

    \b
    Examples:
      swipestream alerts explain p-7-1a22ca719e9-004730
      swipestream alerts explain p-7-1a22ca719e9-004730 --json
    """
    from swipestream.cases.alerts import explained_alerts
    from swipestream.database.connection import open_database

    settings = Settings.load()
    with open_database(settings) as connection:
        found = explained_alerts(connection, transaction_id)
    if as_json:
        click.echo(json.dumps(found, default=as_text, ensure_ascii=False, indent=2))
        return
    for number, alert in enumerate(found):
        if number:
            click.echo()
        show(alert, settings.desk_address)


def show(alert: "Row", desk: str) -> None:
    """:param desk: the address of the analyst's desk."""
    from swipestream.demo.alert_text import alert_text

    click.echo(alert_text(alert | {"reasons": "by " + (alert["model_version"] or "a rule")}))
    strongest = max((abs(item["contribution"] or 0.0) for item in alert["told"]), default=0.0)
    for item in alert["told"]:
        weight = item["contribution"]
        is_named = item["kind"] in ("for", "against", "rule")
        words = (
            item["text"]
            if is_named
            else {"rest": "everything else", "base": "any payment"}[item["kind"]]
        )
        shown = "" if weight is None else f"{weight:+.2f}"
        bar = "#" * round(BAR_WIDTH * abs(weight or 0.0) / strongest) if strongest else ""
        click.echo(
            f"  {shown:>6}  {bar:<{BAR_WIDTH}}  {words}"
            + (f"  ({item['code']})" if item["code"] else "")
        )
    if not alert["told"]:
        click.echo("  not explained: `swipestream logs alert-reasons` may say why")
    click.echo(f"  case: {desk}/cases/by-payment/{alert['transaction_id']}")


def as_text(value: Any) -> str:
    """What JSON has no form for."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
