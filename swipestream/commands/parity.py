"""`swipestream parity`: prove that the stream computed what its SQL says."""

import sys
from datetime import datetime

import click

from swipestream.console.moments import MOMENT

# The engine for everything is DuckDB; PostgreSQL shows on some cards that it agrees.
POSTGRES_CARDS = 1000


@click.command()
@click.option("--since", type=MOMENT, help="Payments from then on, UTC. Default: all.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "postgres"]),
    default="duckdb",
    show_default=True,
    help="What recomputes the features.",
)
@click.option(
    "--sample",
    "cards",
    type=click.IntRange(min=1),
    help=f"So many cards only. Default: all, and {POSTGRES_CARDS} with postgres.",
)
@click.option("--no-log", is_flag=True, help="Do not read the topic.")
@click.option("--no-scores", is_flag=True, help="Do not score again.")
def parity(
    since: datetime | None, engine: str, cards: int | None, no_log: bool, no_scores: bool
) -> None:
    """Recompute every feature and score of every stored payment, and compare.

    The features come from the same SQL files that the stream runs, the scores from the model each
    row names, and the payments and which of them are copies, in conflict or too old from the topic
    as far as it still holds them. What a lookup returned is taken from the row. Exits with 1 if
    anything differs, is missing, or cannot be checked.

    \b
    Examples:
      swipestream parity
      swipestream parity --since 2h
      swipestream parity --engine postgres --sample 200
    """
    from rich.console import Console

    from swipestream.console.progress import StepBar
    from swipestream.settings import Settings
    from swipestream.verify.parity.report import print_report
    from swipestream.verify.parity.run import run

    if engine == "postgres":
        cards = cards or POSTGRES_CARDS
    with StepBar() as bar:
        report = run(
            Settings.load(),
            since,
            engine,
            cards,
            with_log=not no_log,
            with_scores=not no_scores,
            tell=bar,
        )
    width = None if sys.stdout.isatty() else 200
    print_report(report, Console(width=width, highlight=False))
    sys.exit(0 if report.is_clean else 1)
