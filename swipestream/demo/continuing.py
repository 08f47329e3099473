"""Going on with a world that was played before: the time since then is made up for."""

from itertools import takewhile

import psycopg

from simulator import World
from simulator.live import live_id_prefix, live_payments
from swipestream.database.queries import query
from swipestream.demo.known_truth import TruthRecord, noted
from swipestream.demo.outcomes import OutcomeReader
from swipestream.demo.sender import TrackingSender
from swipestream.demo.truth import Truth
from swipestream.sending.sender import BULK_LINGER_MS
from swipestream.settings import DatabaseSettings, TopicSettings
from swipestream.verify.topic_reading import topic_stretch

DAY_MS = 24 * 3600 * 1000
# What happened before does not matter to any window.
MOST_MS = 8 * DAY_MS
# Less than that is missing from the windows without harm.
LEAST_MS = 3600 * 1000


def newest_ms(settings: DatabaseSettings, world: World) -> int:
    """Up to when a world was played, UTC epoch milliseconds: its newest stored payment."""
    with psycopg.connect(settings.postgres_url) as connection:
        row = connection.execute(
            query("newest_like"), {"pattern": f"p-{world.arguments.seed}-%"}
        ).fetchone()
    return max(world.arguments.end_ms, int(row[0]) if row else 0)


def send_meanwhile(
    settings: TopicSettings, world: World, until_ms: int
) -> tuple[OutcomeReader, int]:
    """
    Send what the world's cards paid since it was played last, as often as they do by themselves.

    :param until_ms: UTC epoch milliseconds.
    :return: a reader of what becomes of them, and how many they are; none if no hour has passed.
    :raises ServiceError: the broker did not take them all.
    """
    topic = settings.payments_topic
    reader = OutcomeReader(settings.postgres_url, topic, topic_stretch(settings, topic).end)
    since_ms = max(newest_ms(settings, world), until_ms - MOST_MS)
    if until_ms - since_ms < LEAST_MS:
        return reader, 0
    arguments = world.arguments
    rate = arguments.customers * arguments.pace * 1000 / DAY_MS
    seed, truth = since_ms // 1000, Truth()
    payments = live_payments(world, start_ms=since_ms + 1, rate=rate, seed=seed)
    meanwhile = takewhile(lambda payment: payment.event_ms < until_ms, payments)
    with (
        TruthRecord(settings, f"{live_id_prefix(world, since_ms + 1, seed)}%") as record,
        TrackingSender(settings, (topic,), linger_ms=BULK_LINGER_MS) as sender,
    ):
        try:
            for payment in noted(meanwhile, truth):
                sender.send(topic, payment.message.key, payment.value)
            sender.flush()
        finally:
            record.add_new(truth)
        return reader, sender.delivered
