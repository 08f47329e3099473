"""The topic and the tables determine where a rebuilt job starts to write."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from swipestream.jobs.upgrade.accounts import (
    HISTORY_DAYS,
    account,
    missing_history,
    replay_for,
    replayed,
)
from swipestream.settings import Settings
from tests.verify.reconcile.own_topic import own_topic, send

pytestmark = pytest.mark.stack

STORED = "INSERT INTO duplicate_payments VALUES (%s, %s, %s, 'p', 'c', '2030-01-01', '2030-01-01')"


@pytest.fixture
def settings(stack: Settings) -> Iterator[Settings]:
    """Six messages in partition 0, of which 0 to 2 and 4 are stored; two in partition 1, both."""
    with own_topic(stack, "accounts") as own:
        payment = json.dumps({"transaction_id": "p", "card_id": "c"}).encode()
        send(own, [(0, b"c", payment)] * 6 + [(1, b"d", payment)] * 2)
        with psycopg.connect(own.postgres_url) as postgres:
            for place in ((0, 0), (0, 1), (0, 2), (0, 4), (1, 0), (1, 1)):
                postgres.execute(STORED, [own.payments_topic, *place])
        yield own


def test_the_first_message_nobody_knows_of_is_where_writing_begins(settings: Settings) -> None:
    known = account(settings, patience_seconds=0)
    assert known.open_from == {0: 3, 1: 2}
    # Number 3 counts as lost, because a later one is stored; number 5 waits.
    assert known.lost == [(0, 3)]
    replay = replay_for(settings, known.open_from)
    assert replay.write_from == "3,2"
    # From 8 days before message 3, which has just arrived.
    age_ms = datetime.now(UTC).timestamp() * 1000 - replay.start_ms
    assert HISTORY_DAYS * 86_400_000 < age_ms < HISTORY_DAYS * 86_400_000 + 600_000
    assert replayed(settings, replay, known.open_from) == {0: 3, 1: 2}
    assert missing_history(settings, replay.start_ms) is None


def test_what_is_known_is_not_looked_at_again(settings: Settings) -> None:
    known = account(settings, begin={0: 4, 1: 2}, patience_seconds=0)
    assert known.open_from == {0: 5, 1: 2} and not known.lost
