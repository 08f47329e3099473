"""What `swipestream doctor` says of drift and attacks."""

from collections.abc import Iterator

import psycopg

from swipestream.database.connection import open_database
from swipestream.drift.events import RETRAINING, open_events
from swipestream.drift.look import champion
from swipestream.errors import SwipestreamError
from swipestream.settings import ChampionSettings

# Level, name, fact and hint of a finding.
Found = tuple[str, str, str, str]
SHOWN = 3


def check_drift(settings: ChampionSettings) -> Iterator[Found]:
    """What lasts of what the follower model-watch has noticed, and whether it can notice any."""
    bundle, problem = champion(settings)
    if bundle and problem:
        yield "warn", "drift", problem, "until then only alert rate and outcomes are watched"
    try:
        with open_database(settings) as database:
            lasting = [event for event in open_events(database) if event.kind != RETRAINING]
    except (SwipestreamError, psycopg.Error):
        # Said by the checks of the database.
        return
    for event in lasting[:SHOWN]:
        since = f"{event.began_at:%Y-%m-%d %H:%M}"
        yield "warn", event.kind, f"since {since} {event.text}", "see `swipestream drift`"
    if len(lasting) > SHOWN:
        fact = f"and {len(lasting) - SHOWN} more"
        yield "warn", "drift", fact, "see `swipestream drift`"
    if not lasting and not problem:
        yield "ok", "drift", "nothing fires", ""
