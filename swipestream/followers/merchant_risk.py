"""Merchant risk: what was known of each merchant at every full hour, kept in Postgres.

Shortly after each full hour this process counts the payments that were stored since, gives new
labels the merchant of their payment, and stores the snapshots that say something new. A payment
uses the snapshot of the newest full hour that is at least ten minutes before it, so a refresh has
that long. Hours that were missed are made up for, each from what was known by then. What is
computed is SQL: sql/merchant_risk; the snapshots themselves come from the very text that makes
them in DuckDB for training.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache

import psycopg

from swipestream.database.connection import connect
from swipestream.database.locks import Lock
from swipestream.errors import first_line
from swipestream.followers.pulse import Pulse
from swipestream.settings import REPO_ROOT, DatabaseSettings

LOG = logging.getLogger("swipestream.followers.merchant_risk")

SQL_DIR = REPO_ROOT / "sql" / "merchant_risk"
SNAPSHOTS = "merchant_risk_snapshots"
# Each reads those before it; together with the statement they run as one.
STEPS = (
    *("hourly_payments", "label_events", "risk_range", SNAPSHOTS),
    *("stored_snapshots", "ended_snapshots"),
)
HOUR_MS = 3_600_000
# Payments and labels of the hour's last moments may still be on their way to their tables.
SETTLE_MS = 30_000
# How long before a payment the hour of its snapshot is, at least.
GRACE_MS = 600_000
POLL_SECONDS = 5.0

NEWEST_HOUR = "SELECT MAX(hour_ms) FROM merchant_risk_hours"


@dataclass(frozen=True)
class Refresh:
    """
    What a refresh did.

    :param from_ms: first full hour it made, UTC epoch milliseconds.
    :param to_ms: the last one.
    :param payments: how many counts of payments are new or changed.
    :param labels: how many labels.
    :param merchants: how many merchants have a new snapshot.
    """

    from_ms: int
    to_ms: int
    payments: int
    labels: int
    merchants: int


@cache
def text_of(name: str) -> str:
    """:param name: of a file in sql/merchant_risk, without `.sql`."""
    return (SQL_DIR / f"{name}.sql").read_text("utf-8")


def full_hour_ms(ms: int) -> int:
    """:return: the newest full hour at or before a moment, both UTC epoch milliseconds."""
    return ms // HOUR_MS * HOUR_MS


def due_ms(now_ms: int) -> int:
    """
    The newest hour there should be a snapshot of.

    :return: a full hour, UTC epoch milliseconds, as `now_ms`.
    """
    return full_hour_ms(now_ms - SETTLE_MS)


def asked_for_ms(event_ms: int) -> int:
    """
    The hour whose snapshot a payment uses, as sql/payments/enrich/payments_enriched.sql has it.

    :param event_ms: of the payment, UTC epoch milliseconds, as the result.
    """
    return full_hour_ms(event_ms - GRACE_MS)


def newest_hour_ms(connection: psycopg.Connection) -> int | None:
    """:return: the newest hour there is a snapshot of, UTC epoch milliseconds; None if none is."""
    found = connection.execute(NEWEST_HOUR).fetchone()
    return None if found is None or found[0] is None else int(found[0])


def store_statement() -> str:
    """The statement that computes, compares and stores; takes `from_ms` and `to_ms`."""
    steps = ",\n\n".join(f"{name} AS (\n{text_of(name)})" for name in STEPS)
    return f"WITH {steps}\n\n{text_of('end_snapshots')}"


def refresh(connection: psycopg.Connection, until_ms: int) -> Refresh | None:
    """
    Make the snapshots of the hours since the last refresh; of the last hour only at the first one.

    :param connection: in autocommit mode; all is done in one transaction.
    :param until_ms: the last hour to make, UTC epoch milliseconds, a full hour.
    :return: None if there was nothing to do.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.MERCHANT_RISK,))
        newest_ms = newest_hour_ms(connection)
        if newest_ms is not None and newest_ms >= until_ms:
            return None
        hours = {
            "from_ms": until_ms if newest_ms is None else newest_ms + HOUR_MS,
            "to_ms": until_ms,
            # The hour in which the last refresh was at work was not over then.
            "stored_from_ms": 0 if newest_ms is None else newest_ms - HOUR_MS,
        }
        counted, noted, ended = (
            connection.execute(statement.encode(), hours).rowcount
            for statement in (text_of("count_payments"), text_of("note_labels"), store_statement())
        )
        connection.execute(text_of("note_hours").encode(), hours)
    return Refresh(hours["from_ms"], hours["to_ms"], counted, noted, ended)


def run(settings: DatabaseSettings, pulse: Pulse) -> None:
    """
    Run until the process is to end; a database that is away is waited for.

    :raises StoppedError: then.
    """
    while True:
        try:
            with connect(settings.stream_url, autocommit=True) as connection:
                while True:
                    pulse.beat()
                    begin = time.monotonic()
                    done = refresh(connection, due_ms(round(time.time() * 1000)))
                    if done:
                        LOG.info(
                            "refreshed hours=%d payments=%d labels=%d merchants=%d seconds=%.1f",
                            (done.to_ms - done.from_ms) // HOUR_MS + 1,
                            done.payments,
                            done.labels,
                            done.merchants,
                            time.monotonic() - begin,
                        )
                    pulse.beat()
                    pulse.wait(POLL_SECONDS)
        except psycopg.OperationalError as error:
            LOG.warning("database away reason=%s", first_line(error))
            pulse.wait(POLL_SECONDS)
