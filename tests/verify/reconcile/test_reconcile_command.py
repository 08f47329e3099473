"""`swipestream reconcile` and `swipestream rejected` over a real topic and a real database."""

import json
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from click.testing import CliRunner, Result

from swipestream.cli import main
from swipestream.database.connection import open_database
from swipestream.errors import SwipestreamError
from swipestream.settings import Settings
from swipestream.verify.reconcile.rejected import at, redrive_rejected
from swipestream.verify.reconcile.run import reconcile
from swipestream.verify.topic_reading import Place, TopicReader
from tests.verify.reconcile.own_topic import own_topic, send

pytestmark = pytest.mark.stack

NOW = datetime(2030, 1, 1)


def payment(name: str, **fields: object) -> bytes:
    return json.dumps(
        {"transaction_id": name, "card_id": "c1", "currency": "EUR"} | fields
    ).encode()


@pytest.fixture
def settings(stack: Settings) -> Iterator[Settings]:
    """
    Partition 0: scored, a conflict, a copy, a reject, a tick, a lost one, scored, a tick, scored;
    then partition 1: scored, and one the stream has not come to.
    """
    with own_topic(stack, "reconcile") as own:
        send(
            own,
            [
                (0, b"c1", payment("p0")),
                (0, b"c1", payment("p0", amount_cents=2)),
                (0, b"c1", payment("p0")),
                (0, b"c1", payment("p3", currency="XXX")),
                (0, None, b'{"kind":"tick","event_ms":1893456000000}'),
                (0, b"c1", payment("p5")),
                (0, b"c1", payment("p6")),
                (0, None, b'{"kind":"tick","event_ms":1893456000200}'),
                (0, b"c1", payment("p8")),
                (1, b"c2", payment("q0")),
                (1, b"c2", payment("q1")),
            ],
        )
        with psycopg.connect(own.postgres_url) as postgres:
            for name, place in (
                ("p0", Place(0, 0)),
                ("p6", Place(0, 6)),
                ("p8", Place(0, 8)),
                ("q0", Place(1, 0)),
            ):
                score(postgres, name, place)
            topic = own.payments_topic
            postgres.execute(
                "INSERT INTO conflicting_payments VALUES (%s, 0, 1, 'p0', 'c1', 'u', 'm', 2, "
                "'EUR', 'pos', NULL, NULL, NULL, NULL, 1, %s, %s, 'another amount_cents')",
                [topic, NOW, NOW],
            )
            postgres.execute(
                "INSERT INTO duplicate_payments VALUES (%s, 0, 2, 'p0', 'c1', %s, %s)",
                [topic, NOW, NOW],
            )
            postgres.execute(
                "INSERT INTO rejected_payments "
                "(kafka_topic, kafka_partition, kafka_offset, reason, arrived_at, payload) "
                "VALUES (%s, 0, 3, 'currency is missing or not supported', %s, %s)",
                [topic, NOW, payment("p3", currency="XXX")],
            )
        yield own


def score(postgres: psycopg.Connection, name: str, place: Place) -> None:
    """Store a payment at a place as the stream does."""
    postgres.execute(
        "INSERT INTO scored_payments (transaction_id, card_id, customer_id, merchant_id, "
        "amount_cents, currency, channel, event_ms, event_time, arrived_at, kafka_partition, "
        "kafka_offset, came_behind_ms, is_customer_known, is_merchant_known, is_degraded, "
        "decision, scored_at) VALUES (%s, 'c1', 'u', 'm', 1, 'EUR', 'pos', 1, %s, %s, %s, %s, 0, "
        "false, false, false, 'approve', %s)",
        [name, NOW, NOW, *place, NOW],
    )


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_lost_message_is_named_sent_again_and_then_accounted_for(settings: Settings) -> None:
    found = reconcile(settings, patience_seconds=0)
    assert found.unaccounted == [Place(0, 5)]
    assert found.waiting == [Place(1, 1)]
    assert not found.is_complete and not found.doubled and not found.without_message
    assert found.counts == {
        "scored": 4,
        "duplicate": 1,
        "conflict": 1,
        "rejected": 1,
        "tick": 2,
        "sent again": 0,
    }
    found = reconcile(settings, is_repair=True, patience_seconds=0)
    # What merely waits is left alone.
    assert found.moved == {Place(0, 5): Place(0, 9)}
    assert found.unrepaired == [Place(0, 9)] and not found.is_complete
    reader = TopicReader(settings, settings.payments_topic)
    messages = [message for _, message in reader.at([Place(0, 5), Place(0, 9)])]
    reader.close()
    assert len({(message.key(), message.value()) for message in messages if message}) == 1
    # The stream comes to it.
    with psycopg.connect(settings.postgres_url) as postgres:
        score(postgres, "p5", Place(0, 9))
        score(postgres, "q1", Place(1, 1))
    result = command("reconcile")
    assert result.exit_code == 0, result.output
    assert "1  sent again" in result.output and "0  unaccounted" in result.output


def test_places_are_listed_for_people_and_for_programs(settings: Settings) -> None:
    with psycopg.connect(settings.postgres_url) as postgres:
        score(postgres, "q1", Place(1, 1))
        # Two tables claim the copy.
        score(postgres, "p2", Place(0, 2))
        score(postgres, "p5", Place(0, 5))
    result = command("reconcile", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["doubled"] == [[0, 2]] and found["is_complete"] is False
    result = command("reconcile")
    assert f"{settings.payments_topic}:0:2" in result.output
    assert "claimed by two tables" in result.output


def test_a_rejected_message_is_shown_mended_and_sent_again_once(settings: Settings) -> None:
    topic = settings.payments_topic
    result = command("rejected", "list", "--reason", "Currency", "--json")
    (row,) = map(json.loads, result.stdout.splitlines())
    assert row["place"] == f"{topic}:0:3" and json.loads(row["payload"])["currency"] == "XXX"
    assert "currency is missing" in command("rejected", "list").output
    assert command("rejected", "list", "--reason", "nothing like it", "--json").stdout == ""
    dry = command("rejected", "redrive", "--reason", "currency", "--dry-run")
    assert dry.exit_code == 0 and "1 messages would be sent again" in dry.output
    with open_database(settings) as database:
        rows = at(database, topic, [Place(0, 3)])
        moved = redrive_rejected(settings, database, rows, {"currency": "EUR"})
        assert moved == {Place(0, 3): Place(0, 9)}
        with pytest.raises(SwipestreamError, match=f"{topic}:0:3 was sent again before"):
            redrive_rejected(settings, database, at(database, topic, [Place(0, 3)]), {})
    reader = TopicReader(settings, topic)
    ((_, message),) = reader.at([Place(0, 9)])
    reader.close()
    assert message is not None and message.key() == b"c1"
    assert json.loads(message.value() or b"") == json.loads(payment("p3"))
    with psycopg.connect(settings.postgres_url) as postgres:
        score(postgres, "p3", Place(0, 9))
    shown = command("rejected", "show", "0:3").output
    assert f"{topic}:0:9, scored" in shown and "XXX" in shown


def test_a_place_that_was_not_rejected_is_said(settings: Settings) -> None:
    result = command("rejected", "show", "0:0")
    assert result.exit_code == 1
    assert f"error: {settings.payments_topic}:0:0 was not rejected" in result.output
