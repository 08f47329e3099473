"""`swipestream up`: start the stack and wait for it."""

import sys
import time

import click

from swipestream.settings import Settings


@click.command()
@click.option(
    "--dashboards/--no-dashboards",
    default=None,
    help="With Superset, or from now on without it. Default: as the last time.",
)
@click.option("--without-logins", is_flag=True, hidden=True)
def up(dashboards: bool | None, without_logins: bool) -> None:
    """Start Kafka, Postgres and Flink, make topics and tables, wait until all of it answers.

    Safe to run again: what runs already is left alone. The first start with --dashboards takes
    minutes, because Superset makes its own tables; later ones do not.

    \b
    Examples:
      swipestream up
      swipestream up --dashboards        after `make dashboards`, which installs Superset
    """
    from swipestream.console.progress import StepDisplay
    from swipestream.dashboards import superset
    from swipestream.dashboards.welcome import welcome
    from swipestream.operate.control import up as start_stack
    from swipestream.stack.flink import page

    begin = time.monotonic()
    settings = Settings.load()
    if dashboards:
        # Before anything starts: a missing environment is no reason to leave half a stack.
        superset.python()
    with StepDisplay() as display:
        try:
            settings = start_stack(settings, display.report, dashboards=dashboards)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(130)
    click.echo(
        f"up in {time.monotonic() - begin:.1f} s; Flink's page: {page(settings)}",
        err=True,
    )
    if superset.is_wanted(settings) and not without_logins:
        click.echo(welcome(settings), err=True)
