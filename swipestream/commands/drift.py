"""`swipestream drift`: are payments and scores still what the champion was made for?"""

import json
import sys

import click

from swipestream.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")
def drift(as_json: bool) -> None:
    """Compare recent payments with the champion's training.

    A feature is compared by its population stability index; the limit is three times what was
    usual from day to day when the model was trained. Alert rate, outcomes of messages, unknown
    customers, precision and recall are compared with what is usual. A signal fires after two days
    (two hours for the alert rate) beyond its limit. Days with few payments, and models with few
    labels, are "not enough to tell". The exit status is 1 if something fires.

    \b
    Examples:
      swipestream drift
      swipestream drift --json | jq '.signals[] | select(.since)'
    """
    from rich.console import Console

    from swipestream.console.progress import step_bar
    from swipestream.database.connection import open_database
    from swipestream.drift.events import open_events
    from swipestream.drift.look import look
    from swipestream.drift.report import as_object, attacks, fires, print_look

    settings = Settings.load()
    with open_database(settings) as database, step_bar() as bar:
        bar("counting what was stored")
        found = look(settings, database)
        events = attacks(open_events(database))
    if as_json:
        click.echo(json.dumps(as_object(found, events), indent=2))
    else:
        print_look(found, events, Console(width=None if sys.stdout.isatty() else 200))
    if fires(found, events):
        sys.exit(1)
