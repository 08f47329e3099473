"""`swipestream demo`: the whole pipeline on simulated payments."""

import sys
import time

import click

from swipestream.console.durations import DURATION
from swipestream.settings import Settings


@click.command()
@click.option(
    "--for",
    "limit",
    type=DURATION,
    help="Stop after this long, e.g. 60s. Default: run until Ctrl-C.",
)
@click.option(
    "--rate",
    default=200.0,
    show_default=True,
    help="Payments per second.",
    type=click.FloatRange(0.1, 20_000),
)
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated world.")
@click.option(
    "--cards",
    default=25_000,
    show_default=True,
    help="Cards in the world.",
    type=click.IntRange(1_000, 1_000_000),
)
@click.option(
    "--anew", is_flag=True, help="Start a new world without asking, and keep the existing one."
)
@click.option("--down", "ends_stack", is_flag=True, help="Stop the stack at the end.")
@click.option(
    "--dashboards/--no-dashboards",
    "with_dashboards",
    default=False,
    help="Also install and start the dashboards, in the background, once payments flow.",
)
def demo(
    limit: float | None,
    rate: float,
    seed: int,
    cards: int,
    anew: bool,
    ends_stack: bool,
    with_dashboards: bool,
) -> None:
    """Score simulated payments live with real Kafka and Flink.

    Starts the stack, simulates 90 days of payments, trains a model the first time, plays the last
    8 days through the stream at full speed, then sends live payments, a few of them late,
    duplicated or malformed. Prints a summary at the end. Exits with 1 if any message is unaccounted
    for.

    The next demo continues the same world and fills in the time since. Before it starts a new world
    next to existing payments, it asks. It never deletes anything.

    \b
    Examples:
      swipestream demo                       until Ctrl-C
      swipestream demo --for 60s --rate 500
      swipestream demo --for 30s --rate 50 --cards 5000
      swipestream demo --for 5m --down       and stop the stack at the end
      swipestream demo --dashboards          with Superset, as `make demo` does
    """
    from rich.console import Console

    from swipestream.console.progress import since_now
    from swipestream.demo.anew import ask
    from swipestream.demo.dashboards import DashboardStart
    from swipestream.demo.run import play
    from swipestream.demo.stage import set_stage
    from swipestream.demo.summary import print_summary
    from swipestream.operate import control
    from swipestream.stack import flink

    say = since_now()
    try:
        stage = set_stage(Settings.load(), seed, cards, say, (lambda reason: anew or ask(reason)))
        start = DashboardStart(stage.settings, say) if with_dashboards and not ends_stack else None
        later = start.begin if start else lambda: None
        report = play(stage, rate, limit, round(time.time()), say, later)
    except KeyboardInterrupt:
        click.echo("interrupted; the stack stays up, stop it with `swipestream down`", err=True)
        sys.exit(130)
    print_summary(report, Console(width=None if sys.stdout.isatty() else 200))
    if ends_stack:
        control.down(stage.settings)
    else:
        click.echo(
            f"\nThe stack stays up: Flink {flink.page(stage.settings)}, "
            "`swipestream status`, `swipestream psql`; stop it with `swipestream down`.",
            err=True,
        )
    if start:
        try:
            start.end()
        except KeyboardInterrupt:
            click.echo("the dashboards are still being set up, see `swipestream status`", err=True)
    sys.exit(0 if report.is_complete else 1)
