"""Alerts become cases and verdicts become labels, on a real database, a real Kafka and the job."""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

from flink_jobs.feature_registry import feature_registry
from flink_jobs.load_labels import JOB as LABELS_JOB
from flink_jobs.score_payments import JOB
from swipestream.cases import opening, outbox, working
from swipestream.cases.errors import UnknownPaymentError
from swipestream.cases.rows import fetch_all, fetch_one
from swipestream.cases.working import Seen
from swipestream.followers.alert_cases import Labels, Rounds
from swipestream.followers.alert_reasons import Models
from swipestream.jobs import cluster_jobs, submission
from swipestream.settings import Settings
from swipestream.stack.ports import free_ports
from tests.cases.stored import (
    Database,
    add_people,
    case,
    labels_of,
    new_case,
    payments_of,
    store,
)
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline
from tests.reasons.tiny_trees import publish_explained

pytestmark = pytest.mark.stack

REGISTRY = feature_registry(JOB)
TEXTS = ("channel", "merchant_category")
# In parts, so that the scan for card numbers does not find one here.
CARD_NUMBER = " ".join(["4111", *["1111"] * 3])


@pytest.fixture
def owner(stack: Settings) -> Iterator[Database]:
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        add_people(connection, ann="analyst")
        yield connection


@pytest.fixture
def stream(stack: Settings) -> Iterator[Database]:
    with psycopg.connect(stack.stream_url, autocommit=True) as connection:
        yield connection


def rounds(settings: Settings) -> Rounds:
    return Rounds(Labels(settings), Models(settings.models_dir), REGISTRY)


def closed_case(owner: Database, card_id: str) -> int:
    """A case with a verdict whose label nobody has sent yet."""
    row = new_case(owner, card_id)
    number = int(row["case_number"])
    chosen = payments_of(owner, number)
    working.decide(owner, Seen(number, row["version"]), "ann", "fraud", "card_testing", "", chosen)
    return number


def topic_messages(settings: Settings, transaction_id: str) -> list[dict[str, Any]]:
    """What the topic of labels has about a payment."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_address, "group.id": "tests-of-cases"})
    topic = settings.labels_topic
    found = []
    try:
        for partition in consumer.list_topics(topic, 10).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)
            consumer.assign([TopicPartition(topic, partition, low)])
            for _ in range(high - low):
                message = consumer.poll(10)
                assert message is not None and message.error() is None
                try:
                    value = json.loads(message.value() or b"null")
                except ValueError:
                    continue
                if isinstance(value, dict) and value.get("transaction_id") == transaction_id:
                    found.append(value)
                if message.offset() == high - 1:
                    break
    finally:
        consumer.close()
    return found


def test_an_alert_of_the_stream_becomes_a_case_and_its_verdict_a_label_that_counts_once(
    pipeline: Pipeline, owner: Database, stream: Database
) -> None:
    settings = pipeline.settings
    if not cluster_jobs.running(settings, LABELS_JOB.name):
        submission.submit(settings, LABELS_JOB.name)
    payment = pipeline.payment(
        amount_cents=900_000, channel="online", latitude=None, longitude=None
    )
    pipeline.send(payment)
    pipeline.scored(payment)
    work = rounds(settings)
    found = eventually(
        lambda: (
            work.step(stream),
            fetch_one(owner, "SELECT * FROM cases WHERE card_id = %s", [payment["card_id"]]),
        )[1],
        what="the alert is a case",
    )
    assert found is not None
    number = found["case_number"]
    seen = Seen(number, found["version"])
    chosen = [payment["transaction_id"]]
    working.decide(owner, seen, "ann", "fraud", "card_testing", "", chosen)
    eventually(
        lambda: (work.step(stream), labels_of(owner, number)[0]["sent_at"])[1], what="it is sent"
    )
    # As after a crash between the message and its record.
    owner.execute("UPDATE label_outbox SET sent_at = NULL WHERE case_number = %s", [number])
    eventually(lambda: (work.step(stream), labels_of(owner, number)[0]["sent_at"])[1])
    assert len(topic_messages(settings, payment["transaction_id"])) == 2
    rows = eventually(
        lambda: pipeline.rows(
            "SELECT is_fraud, reason, source FROM labels WHERE transaction_id = %s",
            payment["transaction_id"],
        ),
        what="the label is stored",
    )
    assert rows == [{"is_fraud": True, "reason": "card_testing", "source": "analyst.ann"}]
    assert case(owner, number)["closed_by"] == "ann"


def test_while_kafka_is_away_labels_wait_and_cases_open(
    stack: Settings, owner: Database, stream: Database
) -> None:
    number = closed_case(owner, "c-away")
    (port,) = free_ports(1)
    away = dataclasses.replace(stack, kafka_port=port)
    work = rounds(away)
    store(owner, "c-away-2")
    work.step(stream)
    assert labels_of(owner, number)[0]["sent_at"] is None
    assert fetch_one(owner, "SELECT 1 AS found FROM cases WHERE card_id = 'c-away-2'")
    count, since = outbox.waiting(owner)
    assert count >= 1 and since is not None
    rounds(stack).step(stream)
    assert labels_of(owner, number)[0]["sent_at"] is not None


def test_the_control_sample_has_reasons_like_an_alert(
    stack: Settings, owner: Database, stream: Database, tmp_path: Path
) -> None:
    version = publish_explained(tmp_path, JOB.model_features, categorical=TEXTS)
    # An id that the hash chooses.
    chosen = fetch_one(
        owner,
        "SELECT 'control-' || n AS id FROM GENERATE_SERIES(1, 100000) AS n "
        "WHERE MOD(HASHTEXTEXTENDED('control-' || n, 0), %s) = 0 LIMIT 1",
        [opening.CONTROL_ONE_IN],
    )
    assert chosen is not None
    owner.execute("DELETE FROM scored_payments WHERE transaction_id = %s", [chosen["id"]])
    store(
        owner, "c-control", transaction_id=chosen["id"], decision="approve", score=0.01,
        model_version=version, stored_at="2020-01-01",
    )  # fmt: skip
    owner.execute(
        "UPDATE scored_payments SET stored_at = NOW() - INTERVAL '1 min' WHERE transaction_id = %s",
        [chosen["id"]],
    )
    owner.execute(
        "INSERT INTO case_progress (stored_before) VALUES (NOW() - INTERVAL '2 min') "
        "ON CONFLICT (only_row) DO UPDATE SET stored_before = EXCLUDED.stored_before"
    )
    Rounds(Labels(stack), Models(tmp_path), REGISTRY).step(stream)
    found = fetch_one(owner, "SELECT * FROM cases WHERE card_id = 'c-control'")
    assert found is not None and found["origin"] == "control"
    reasons = fetch_all(
        owner, "SELECT kind FROM alert_reasons WHERE transaction_id = %s", [chosen["id"]]
    )
    assert reasons


def run(swipestream: Path, *words: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [swipestream, *words], capture_output=True, text=True, check=False, timeout=120, **more
    )


def test_a_label_from_the_command_line_goes_through_the_topic(
    stack: Settings, owner: Database, swipestream: Path
) -> None:
    payment = store(owner, "c-label")
    done = run(swipestream, "label", payment, "fraud", "--why", "chargeback")
    assert done.returncode == 0, done.stderr
    why = f"the customer called: {CARD_NUMBER}"
    told = run(swipestream, "label", payment, "genuine", "--why", why)
    assert told.returncode == 0, told.stderr
    first, second = topic_messages(stack, payment)
    assert (first["is_fraud"], first["reason"]) == (True, "chargeback")
    assert (second["is_fraud"], second["reason"]) == (False, None)
    assert first["source"].startswith("cli.")
    notes = fetch_all(owner, "SELECT note FROM case_events WHERE kind = 'label' AND note <> ''")
    assert "the customer called: **** **** **** 1111" in [row["note"] for row in notes]


def test_a_label_for_a_payment_that_is_not_there_is_refused(
    stack: Settings, owner: Database, swipestream: Path
) -> None:
    done = run(swipestream, "label", "t-nothing", "fraud", "--why", "x")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: no stored payment has the transaction id t-nothing\nhint:"
    )
    assert topic_messages(stack, "t-nothing") == []
    with pytest.raises(UnknownPaymentError):
        outbox.label_payment(owner, "t-nothing", "fraud", "x", "me")


def test_alerts_are_listed_and_explained(
    stack: Settings, owner: Database, swipestream: Path
) -> None:
    payment = store(owner, "c-list", amount_cents=45_678)
    approved = store(owner, "c-list", decision="approve", score=0.012)
    owner.execute(
        "INSERT INTO alert_reasons (transaction_id, card_id, rank, kind, code, text, contribution,"
        " codes_version) VALUES (%s, 'c-list', 1, 'for', 'R02', '4 payments within 5 minutes',"
        " 1.5, 1)",
        [payment],
    )
    listed = run(swipestream, "alerts", "list", "--json", "--limit", "10000")
    rows = {row["transaction_id"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert rows[payment]["amount_cents"] == 45_678 and approved not in rows
    assert "456.78 EUR" in run(swipestream, "alerts", "list", "--by-risk", "--limit", "9999").stdout
    told = run(swipestream, "alerts", "explain", payment).stdout
    assert "+1.50" in told and "4 payments within 5 minutes  (R02)" in told
    assert f"{stack.desk_address}/cases/by-payment/{payment}" in told
    as_json = json.loads(run(swipestream, "alerts", "explain", payment, "--json").stdout)
    assert as_json[0]["told"][0]["code"] == "R02"
    refused = run(swipestream, "alerts", "explain", approved)
    assert refused.returncode == 1 and "was approved with the score 0.012" in refused.stderr
    assert "no stored payment" in run(swipestream, "alerts", "explain", "t-nothing").stderr


def test_analysts_are_added_by_the_command_line(
    stack: Settings, owner: Database, swipestream: Path
) -> None:
    added = run(swipestream, "analyst", "add", "cli-lead", "--role", "lead")
    assert added.returncode == 0, added.stderr
    assert len(added.stdout.strip()) == 23 and added.stdout.strip() not in added.stderr
    again = run(swipestream, "analyst", "add", "cli-lead")
    assert again.returncode == 1 and "there is an analyst cli-lead" in again.stderr
    piped = run(
        swipestream, "analyst", "add", "cli-two", "--password-stdin", input="a long password\n"
    )
    assert piped.returncode == 0 and piped.stdout == ""
    assert "a long password" not in piped.stderr
    for words in (("role", "cli-two", "viewer"), ("password", "cli-two"), ("close", "cli-two")):
        assert run(swipestream, "analyst", *words).returncode == 0
    listed = run(swipestream, "analyst", "list").stdout
    assert any("cli-two" in line and "closed" in line for line in listed.splitlines())
