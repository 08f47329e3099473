"""Model watch: attacks on a merchant within a minute, drift after two days, each noted once.

It writes `drift_events` and tells the topic `events`. The stream does not need this process and
does not notice its absence; what was missed of drift follows, an attack that is over is not seen.
"""

import logging
import time
from datetime import UTC, datetime

import psycopg

from swipestream.database.connection import connect
from swipestream.drift.attacks import AttackWatch
from swipestream.drift.events import Event, end_candidates, note_firings, send_unsent
from swipestream.drift.look import look
from swipestream.errors import SwipestreamError, first_line
from swipestream.followers.pulse import Pulse
from swipestream.models.bundles import named
from swipestream.settings import JobSettings
from udfs.model_bundle import CHALLENGER

LOG = logging.getLogger("swipestream.followers.model_watch")

PERIOD_SECONDS = 10.0
# The signals are of whole hours and days.
LOOK_SECONDS = 900.0
# `swipestream up` waits for signs of life, and the first look counts everything that is stored.
FIRST_LOOK_SECONDS = 30.0


def step(
    settings: JobSettings,
    database: psycopg.Connection,
    attacks: AttackWatch,
    with_look: bool,
) -> None:
    """
    One round.

    :param database: of the owner, in autocommit mode.
    :param attacks: remembers which ones last.
    :param with_look: whether to look for drift, too.
    """
    log(attacks.look(database, datetime.now(UTC).replace(tzinfo=None)))
    if with_look:
        found = look(settings, database)
        every = [firing for rows in found.firings.values() for firing in rows]
        log(note_firings(database, every, found.names, found.version))
        log(end_candidates(database, named(settings.models_dir, CHALLENGER)))
    if sent := send_unsent(settings, database):
        LOG.info("told events=%d topic=%s", sent, settings.events_topic)


def log(events: list[Event]) -> None:
    """Changes of state; the text names features and merchants, no cards."""
    for event in events:
        state = "began" if event.ended_at is None else "ended"
        LOG.info("%s kind=%s event=%s text=%s", state, event.kind, event.event_id, event.text)


def run(settings: JobSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database or a Kafka that is away is waited for.

    :raises StoppedError: then.
    """
    pulse.beat()
    attacks, problem = AttackWatch(), ""
    look_at = time.monotonic() + FIRST_LOOK_SECONDS
    while True:
        begin = time.monotonic()
        with_look = begin >= look_at
        found = ""
        try:
            with connect(settings.postgres_url, autocommit=True) as database:
                step(settings, database, attacks, with_look)
            if with_look:
                look_at = begin + LOOK_SECONDS
        except psycopg.Error as error:
            found = f"postgres refused: {first_line(error)}"
        except SwipestreamError as error:
            found = error.fact
            if with_look:
                # Events wait for Kafka, or a table is missing: to count everything again every ten
                # seconds helps neither.
                look_at = begin + LOOK_SECONDS
        if found and found != problem:
            LOG.warning("%s", found)
        problem = found
        pulse.beat()
        pulse.wait(max(1.0, PERIOD_SECONDS - (time.monotonic() - begin)))
