"""Deleted messages and messages of an earlier topic of the same name are not confused."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner
from confluent_kafka import KafkaException, Producer, TopicPartition

from swipestream.cli import main
from swipestream.errors import JobError
from swipestream.jobs import submission
from swipestream.jobs.upgrade.accounts import account
from swipestream.jobs.upgrade.beginning import decided_again, gone_unread
from swipestream.jobs.wanted_jobs import WantedJob
from swipestream.operate.payment_flow import check_flow
from swipestream.settings import Settings
from swipestream.stack import kafka
from swipestream.verify.reconcile.run import reconcile
from swipestream.verify.reconcile.topic_identity import Gone
from swipestream.verify.topic_reading import Place
from tests.verify.reconcile.own_topic import make_anew, own_topic, send

pytestmark = pytest.mark.stack

NOTED = (
    "INSERT INTO duplicate_payments VALUES (%s, %s, %s, 'p', 'c', CLOCK_TIMESTAMP() AT TIME ZONE "
    "'UTC', CLOCK_TIMESTAMP() AT TIME ZONE 'UTC')"
)
MESSAGE = json.dumps({"transaction_id": "p", "card_id": "c"}).encode()


@pytest.fixture
def settings(stack: Settings) -> Iterator[Settings]:
    with own_topic(stack, "never_read") as own:
        yield own


def note(settings: Settings, *places: tuple[int, int]) -> None:
    """Store rows for these offsets."""
    with psycopg.connect(settings.postgres_url) as postgres:
        for place in places:
            postgres.execute(NOTED, [settings.payments_topic, *place])


def delete_below(settings: Settings, partition: int, offset: int) -> None:
    """Delete messages as retention does."""
    place = TopicPartition(settings.payments_topic, partition, offset)
    # Its answer would not come to a client that is gone.
    admin = kafka.admin(settings, timeout_seconds=15)
    for future in admin.delete_records([place]).values():
        future.result(timeout=30)


def test_what_was_deleted_before_it_was_read_is_counted(settings: Settings) -> None:
    send(settings, [(0, b"c", MESSAGE)] * 10 + [(1, b"d", MESSAGE)] * 2)
    note(settings, *((0, offset) for offset in (0, 1, 2, 3)), (1, 0), (1, 1))
    assert gone_unread(settings, "score_payments") == ""
    delete_below(settings, 0, 7)
    delete_below(settings, 1, 1)
    line = f"3 messages of {settings.payments_topic} were deleted before they were read: 0:4 to 6"
    assert gone_unread(settings, "score_payments") == line
    assert gone_unread(settings, "load_labels") == ""
    assert ("warn", f"up to {line}") in [
        (level, fact) for level, _, fact, _ in check_flow(settings)
    ]
    # Also once what is left has been read.
    note(settings, *((0, offset) for offset in (7, 8, 9)))
    found = reconcile(settings, patience_seconds=0)
    assert found.gone == [Gone(0, 4, 7)] and not found.unaccounted and not found.is_complete
    result = CliRunner().invoke(main, ["reconcile"])
    assert result.exit_code == 1 and line in result.output
    json_result = CliRunner().invoke(main, ["reconcile", "--json"])
    assert json.loads(json_result.stdout)["gone"] == [{"partition": 0, "begin": 4, "end": 7}]


def test_where_transactions_ended_nothing_is_gone(settings: Settings) -> None:
    producer = Producer(
        {"bootstrap.servers": settings.kafka_address, "transactional.id": "test-gone"}
    )
    producer.init_transactions(30)
    for _ in range(3):
        producer.begin_transaction()
        for _ in range(2):
            producer.produce(settings.payments_topic, MESSAGE, b"c", partition=0)
        producer.commit_transaction(30)
    # Two messages and a mark, three times; all are read.
    note(settings, *((0, offset) for offset in (0, 1, 3, 4, 6, 7)))
    delete_below(settings, 0, 3)
    found = reconcile(settings, patience_seconds=0)
    assert found.is_complete and found.messages == 4 and found.gone == []


def test_a_topic_made_anew_is_another_one(settings: Settings) -> None:
    send(settings, [(0, b"c", MESSAGE)] * 5)
    note(settings, *((0, offset) for offset in range(5)))
    first = kafka.topic_id(settings, settings.payments_topic)
    assert reconcile(settings, patience_seconds=0).is_complete
    make_anew(settings)
    assert kafka.topic_id(settings, settings.payments_topic) not in ("", first)
    send(settings, [(0, b"c", MESSAGE)] * 3)
    found = reconcile(settings, patience_seconds=0)
    # None of the three is stored, although rows of an earlier topic have their places.
    assert found.waiting == [Place(0, 0), Place(0, 1), Place(0, 2)]
    assert found.known_since and not found.gone and not found.without_message
    assert account(settings, patience_seconds=0).open_from[0] == 0
    assert decided_again(settings, "score_payments") == 0
    result = CliRunner().invoke(main, ["reconcile", "--json"])
    assert json.loads(result.stdout)["known_since"] == found.known_since
    with psycopg.connect(settings.postgres_url) as postgres:
        postgres.execute("DELETE FROM duplicate_payments")
    note(settings, (0, 0), (0, 1), (0, 2))
    assert reconcile(settings, patience_seconds=0).is_complete


def test_a_state_of_another_topic_is_not_gone_on_with(settings: Settings) -> None:
    now = kafka.topic_id(settings, settings.payments_topic)
    job = WantedJob(name="score_payments", job_id="a", topic_id=now)
    submission.refuse_other_topic(settings, job, now)
    # Nothing is known.
    submission.refuse_other_topic(settings, job, "")
    with pytest.raises(JobError, match=f"topic {settings.payments_topic} was recreated since"):
        submission.refuse_other_topic(settings, job, "another")


def test_error_no_such_topic_has_no_id(settings: Settings) -> None:
    assert kafka.topic_id(settings, "no_such_topic") == ""
    with pytest.raises(KafkaException):
        kafka.topic_setting(settings, "no_such_topic", "message.timestamp.type")
