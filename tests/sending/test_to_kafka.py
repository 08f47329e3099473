"""What is sent arrives: counted, in order, on the right topic, without card numbers."""

import collections
import dataclasses
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Consumer, Message, TopicPartition

from simulator import Disorder, Pace, World
from swipestream.cli import main
from swipestream.errors import ServiceError
from swipestream.sending.live_sending import LiveSending
from swipestream.sending.reference_rows import load_world
from swipestream.sending.replay import replay
from swipestream.sending.sender import Sender
from swipestream.settings import Settings
from swipestream.stack import kafka
from tests.eventually import eventually
from tests.sending.conftest import KEY, assert_no_card_number

DAY_MS = 86_400_000


@pytest.fixture
def topics(stack: Settings, request: pytest.FixtureRequest) -> Settings:
    """The running stack, with topics of this test's own."""
    name = request.node.name[:40]
    settings = dataclasses.replace(
        stack, payments_topic=f"payments-{name}", labels_topic=f"labels-{name}"
    )
    kafka.create_topics(settings)
    return settings


@pytest.fixture(scope="module")
def world() -> World:
    """Whose history ends now."""
    return World.generate(
        seed=3, customers=500, merchants=100, days=20, end_ms=int(time.time() * 1000)
    )


def read_all(settings: Settings, topic: str, count: int) -> list[Message]:
    """Wait for that many messages; then no more may come."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_address,
            "group.id": f"test-{topic}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    messages: list[Message] = []

    def take(most: int) -> int:
        messages.extend(m for m in consumer.consume(most, timeout=1) if m.error() is None)
        return len(messages)

    try:
        eventually(lambda: take(1000), lambda taken: taken >= count, f"{count} messages", 60)
        take(10)
    finally:
        consumer.close()
    assert len(messages) == count
    return messages


def wait_for_messages(settings: Settings, topic: str, count: int) -> None:
    """Until the topic holds that many."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_address, "group.id": "test-wait"})
    try:
        numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        eventually(
            lambda: sum(
                consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
                for number in numbers
            ),
            lambda held: held >= count,
            f"{topic} holds {count} messages",
            seconds=60,
            pause_seconds=0.1,
        )
    finally:
        consumer.close()


def invoke(settings: Settings, *arguments: object) -> Result:
    """Run a command against the test's topics."""
    return CliRunner().invoke(
        main,
        [str(argument) for argument in arguments],
        env={
            "PAYMENTS_TOPIC": settings.payments_topic,
            "LABELS_TOPIC": settings.labels_topic,
            "CARD_HASH_KEY": KEY,
        },
    )


@pytest.mark.stack
def test_replay_keeps_the_order_of_each_card(topics: Settings, world: World) -> None:
    end_ms = world.arguments.end_ms
    progress: list[tuple[int, int]] = []
    with Sender(topics) as sender:
        sent = replay(
            world, end_ms - 8 * DAY_MS, end_ms, sender, lambda *done: progress.append(done)
        )
    assert progress[-1] == (sent, sent)
    assert sent == len(world.between(end_ms - 8 * DAY_MS, end_ms)) == sender.delivered
    newest: dict[bytes | None, int] = collections.defaultdict(int)
    partitions: dict[bytes | None, set[int | None]] = collections.defaultdict(set)
    for message in read_all(topics, topics.payments_topic, sent):
        payment = json.loads(message.value() or b"")
        assert message.key() == payment["card_id"].encode()
        assert payment["event_ms"] >= newest[message.key()]
        newest[message.key()] = payment["event_ms"]
        partitions[message.key()].add(message.partition())
    assert all(len(numbers) == 1 for numbers in partitions.values())


@pytest.mark.stack
def test_a_live_stream_arrives_to_the_last_message(topics: Settings, world: World) -> None:
    sending = LiveSending(
        settings=topics,
        world=world,
        pace=Pace(300),
        disorder=Disorder(late=0.05, duplicate=0.05, malformed=0.05),
        seconds=4,
        label_speed=1e9,
    )
    begin = time.monotonic()
    sending.run()
    # The last copy may follow 20 s later, the payments themselves not.
    assert 4 <= time.monotonic() - begin < 40
    account = sending.account
    assert account.payments == 1200
    assert account.messages == 1200 + account.duplicate + account.malformed.total()
    read_all(topics, topics.payments_topic, account.messages)
    labels = read_all(topics, topics.labels_topic, sending.labels_sent)
    assert sum(json.loads(label.value() or b"")["is_fraud"] for label in labels) == sending.frauds
    assert sending.labels_waiting == []
    assert (
        f"{account.messages:,} messages sent, {account.messages:,} confirmed"
        in (sending.lines()[0])
    )


@pytest.mark.stack
def test_an_interrupted_stream_says_what_it_sent(
    topics: Settings, world: World, tmp_path: Path, swipestream: Path
) -> None:
    world.write(tmp_path / "world")
    process = subprocess.Popen(
        [swipestream, "simulate", "stream", "--world", tmp_path / "world", "--rate", "50"],
        env=os.environ | {
            "PAYMENTS_TOPIC": topics.payments_topic, "LABELS_TOPIC": topics.labels_topic,
        },
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background of a shell hands down that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        wait_for_messages(topics, topics.payments_topic, 20)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    sent = re.search(r"([\d,]+) messages sent, ([\d,]+) confirmed", said)
    assert sent is not None, said
    assert sent[1] == sent[2]
    read_all(topics, topics.payments_topic, int(sent[1].replace(",", "")))


@pytest.mark.stack
def test_a_file_with_labels_and_customers(topics: Settings, files: Path) -> None:
    result = invoke(
        topics, "produce", files / "sparkov.csv", "--with-labels", "--with-customers",
        "--shift-to-now", "--rate", 1000,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "10 rows read: 10 payments sent" in result.stderr
    assert "10 labels sent, 2 of them fraud" in result.stderr
    assert "5 customers written" in result.stderr
    messages = read_all(topics, topics.payments_topic, 10)
    for message in messages:
        assert_no_card_number((message.key() or b"").decode() + (message.value() or b"").decode())
    newest = max(json.loads(message.value() or b"")["event_ms"] for message in messages)
    assert abs(newest - time.time() * 1000) < 60_000
    read_all(topics, topics.labels_topic, 10)
    with psycopg.connect(topics.postgres_url) as connection:
        customer_id = json.loads(messages[0].value() or b"")["customer_id"]
        found = connection.execute(
            "SELECT home_country FROM customers WHERE customer_id = %s", [customer_id]
        ).fetchall()
    assert found == [("US",)]


@pytest.mark.stack
def test_people_and_shops_are_written_once(topics: Settings, world: World) -> None:
    for _ in range(2):
        written = load_world(topics.postgres_url, world.customers_table(), world.merchants_table())
        assert written == (500, 100)
    with psycopg.connect(topics.postgres_url) as connection:
        row = connection.execute(
            "SELECT count(*), count(name), count(account_opened_ms) FROM customers "
            "WHERE customer_id = ANY(%s)",
            [world.customers_table()["customer_id"].to_pylist()],
        ).fetchone()
    assert row == (500, 500, 500)


@pytest.mark.stack
def test_a_missing_topic_is_named(stack: Settings) -> None:
    with pytest.raises(ServiceError, match="has no topic nowhere"):
        Sender(dataclasses.replace(stack, payments_topic="nowhere"))


@pytest.mark.stack
def test_a_message_that_is_too_large_is_said(stack: Settings) -> None:
    sender = Sender(stack)
    sender.send(stack.labels_topic, None, b"x" * 2_000_000)
    with pytest.raises(ServiceError, match=r"1 of 1 messages did not get to kafka: .*too large"):
        sender.flush()


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings.load({"SWIPESTREAM_HOME": str(tmp_path), "KAFKA_PORT": "1"})
    with pytest.raises(ServiceError, match="does not answer") as caught:
        Sender(settings)
    assert "swipestream up" in caught.value.hint
