"""`swipestream parity`: check that the stream computed what its SQL says."""

import sys
from datetime import datetime

import click

from swipestream.console.moments import MOMENT

# DuckDB checks everything; PostgreSQL confirms the results on a sample of cards.
POSTGRES_CARDS = 1000


@click.command()
@click.option("--since", type=MOMENT, help="Only payments from this time on, UTC. Default: all.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "postgres"]),
    default="duckdb",
    show_default=True,
    help="Database that recomputes the features.",
)
@click.option(
    "--sample",
    "cards",
    type=click.IntRange(min=1),
    help=f"Check only this many cards. Default: all; {POSTGRES_CARDS} with postgres.",
)
@click.option("--no-log", is_flag=True, help="Do not compare with the topic.")
@click.option("--no-scores", is_flag=True, help="Do not recompute scores.")
def parity(
    since: datetime | None, engine: str, cards: int | None, no_log: bool, no_scores: bool
) -> None:
    """Recompute all stored features and scores and compare them.

    Features come from the SQL files that the stream runs, and scores from the model that each row
    names. Payments, and whether each is a copy, in conflict or too old, come from the topic, as far
    back as Kafka keeps them. Lookup results are taken from the stored row. Exits with 1 if anything
    differs, is missing or cannot be checked.

    \b
    Examples:
      swipestream parity
      swipestream parity --since 2h
      swipestream parity --engine postgres --sample 200
    """
    from rich.console import Console

    from swipestream.console.progress import step_bar
    from swipestream.settings import Settings
    from swipestream.verify.parity.report import print_report
    from swipestream.verify.parity.run import run

    if engine == "postgres":
        cards = cards or POSTGRES_CARDS
    with step_bar() as bar:
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
