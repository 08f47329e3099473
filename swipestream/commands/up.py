"""`swipestream up`: start the stack and wait for it."""

import sys
import time

import click

from swipestream.settings import Settings


@click.command()
def up() -> None:
    """Start Kafka, Postgres and Flink, make topics and tables, wait until all of it answers.

    Safe to run again: what runs already is left alone.
    """
    from swipestream.stack.control import up as start_stack
    from swipestream.stack.progress import StepDisplay

    begin = time.monotonic()
    with StepDisplay() as display:
        try:
            settings = start_stack(Settings.load(), display.report)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(130)
    click.echo(
        f"up in {time.monotonic() - begin:.1f} s; Flink's page: http://{settings.flink_address}",
        err=True,
    )
