"""`swipestream decisions`: did the stream decide as the API had answered?"""

import sys
from datetime import UTC, datetime, timedelta

import click

from swipestream.console.durations import DURATION
from swipestream.console.error_lines import ErrorLines
from swipestream.settings import Settings


@click.group(cls=ErrorLines)
def decisions() -> None:
    """Look at what the decision API has answered."""


@decisions.command()
@click.option(
    "--since",
    type=DURATION,
    default="24h",
    show_default=True,
    help="How far back.",
)
def check(since: float) -> None:
    """Compare each answer with the stream's row of the same payment.

    Features, score and decision should be equal. A difference is sorted into its cause, such as a
    payment of the card that was not stored yet. The exit status is 1 if one has no cause, or if an
    answered payment is not stored.

    \b
    Examples:
      swipestream decisions check
      swipestream decisions check --since 15m
    """
    from rich.console import Console
    from rich.table import Table

    from swipestream.console.progress import step_bar
    from swipestream.database.connection import open_database
    from swipestream.decisions.check import CAUSES, check_database

    begin = datetime.now(UTC) - timedelta(seconds=since)
    with open_database(Settings.load()) as connection, step_bar() as bar:
        report = check_database(connection, begin, lambda number: bar("comparing answers", number))
    table = Table(box=None, pad_edge=False)
    table.add_column("answers", justify="right")
    table.add_column("", no_wrap=True)
    table.add_row(f"{report.equal:,}", "as the stream decided")
    for cause in CAUSES:
        if report.by_cause[cause]:
            table.add_row(f"{report.by_cause[cause]:,}", f"differ: {cause}")
    for outcome, number in sorted(report.otherwise.items()):
        table.add_row(f"{number:,}", f"not compared: the message became a {outcome}")
    if report.on_their_way:
        table.add_row(f"{report.on_their_way:,}", "not compared: on their way to the table")
    if report.missing:
        table.add_row(f"{report.missing:,}", "missing: answered, and not stored")
    out = Console()
    out.print(table)
    for line in report.examples:
        out.print(line, style="red", markup=False, soft_wrap=True)
    out.print(
        f"\n{report.compared:,} compared, {report.by_cause['unexplained']:,} unexplained, "
        f"{report.missing:,} missing"
    )
    if not report.is_clean:
        sys.exit(1)
