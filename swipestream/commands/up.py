"""`swipestream up`: start the stack and wait for it."""

import sys
import time

import click

from swipestream.settings import Settings


@click.command()
@click.option(
    "--dashboards/--no-dashboards",
    default=None,
    help="Start Superset too, or stop starting it. Default: as last time.",
)
@click.option(
    "--api/--no-api",
    default=None,
    help="Start the decision API too, or stop starting it. Default: as last time.",
)
@click.option(
    "--desk/--no-desk",
    default=None,
    help="Start the analyst's desk too, or stop starting it. Default: as last time.",
)
@click.option("--without-logins", is_flag=True, hidden=True)
def up(dashboards: bool | None, api: bool | None, desk: bool | None, without_logins: bool) -> None:
    """Start Kafka, Postgres and Flink and wait until they respond.

    Creates topics and tables. Safe to run again: running services are left alone. The first start
    with --dashboards takes minutes, because Superset creates its tables.

    \b
    Examples:
      swipestream up
      swipestream up --dashboards        after `make dashboards`, which installs Superset
      swipestream up --api               after `make api`, which installs the decision API
      swipestream up --desk              after `make desk`, which installs the analyst's desk
    """
    from swipestream.cases import program as analysts_desk
    from swipestream.console.progress import StepDisplay
    from swipestream.dashboards import superset
    from swipestream.dashboards.welcome import welcome
    from swipestream.decisions import program as decision_api
    from swipestream.operate.control import up as start_stack
    from swipestream.stack.flink import page

    begin = time.monotonic()
    settings = Settings.load()
    if dashboards:
        # Checked first, so that a missing environment does not leave half a stack running.
        superset.python()
    if api:
        decision_api.python()
    if desk:
        analysts_desk.python()
    with StepDisplay() as display:
        try:
            settings = start_stack(
                settings, display.report, dashboards=dashboards, api=api, desk=desk
            )
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(130)
    click.echo(
        f"up in {time.monotonic() - begin:.1f} s; Flink's page: {page(settings)}",
        err=True,
    )
    if decision_api.is_wanted(settings):
        click.echo(f"decision API: {decision_api.url(settings)}", err=True)
    if analysts_desk.is_wanted(settings):
        click.echo(f"analyst's desk: {analysts_desk.welcome(settings)}", err=True)
    if superset.is_wanted(settings) and not without_logins:
        click.echo(welcome(settings), err=True)
