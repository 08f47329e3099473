"""What the API answers is what the stream stores, feature by feature, and nothing is lost."""

import dataclasses
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

from flink_jobs.score_payments import JOB
from swipestream.decisions.agreement import FEATURES, differing
from swipestream.decisions.check import check_database
from swipestream.rules.changing import changing
from swipestream.rules.columns import rule_columns
from swipestream.settings import Settings
from swipestream.stack.ports import free_ports
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline
from tests.serving.api_process import ApiProcess, Client, Reply, make_key
from tests.udfs.rules_by_hand import rule
from tests.valid_payment import valid_payment

pytestmark = pytest.mark.stack

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def api(pipeline: Pipeline) -> Iterator[ApiProcess]:
    # The stack's port is that of the API which `up` starts.
    (port,) = free_ports(1)
    settings = dataclasses.replace(
        pipeline.settings,
        api_port=port,
        # On a busy machine the usual budget is soon used up.
        api_budget_ms=20_000,
    )
    fill_lookups(settings)
    with ApiProcess(settings, make_key(settings, f"tests-{time.time_ns()}")) as process:
        yield process.wait()


@pytest.fixture
def client(api: ApiProcess) -> Client:
    return api.client()


def fill_lookups(settings: Settings) -> None:
    """A customer, and a merchant with a fraud rate at every hour there is a payment of."""
    hour = int(time.time() * 1000) // HOUR_MS * HOUR_MS
    hours = range(hour - 48 * HOUR_MS, hour + 3 * HOUR_MS, HOUR_MS)
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute(
            "INSERT INTO customers (customer_id, home_latitude, home_longitude, home_country, "
            "utc_offset_minutes, account_opened_at, usual_device_id) "
            "VALUES ('k-api', 48.1, 11.6, 'DE', 60, '2020-02-29', 'd-api') ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO merchants (merchant_id, category, country) "
            "VALUES ('m-api', 'grocery', 'FR') ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO merchant_risk VALUES ('m-api', %s, %s, 7, 70, 280, 0.1, 0.02, 0.03, %s) "
            "ON CONFLICT DO NOTHING",
            [hours[0], hours[-1] + HOUR_MS, hours[0] - 5],
        )
        connection.cursor().executemany(
            "INSERT INTO merchant_risk_hours (hour_ms) VALUES (%s) ON CONFLICT DO NOTHING",
            [(at,) for at in hours],
        )


def sent_by(number: int, **changes: Any) -> dict[str, Any]:
    """A payment whose customer and merchant are known."""
    return (
        valid_payment(number, customer_id="k-api", merchant_id="m-api", device_id="d-api") | changes
    )


def stored_as_answered(pipeline: Pipeline, answers: list[dict[str, Any]]) -> None:
    rows = pipeline.scored(*answers)
    for answer, row in zip(answers, rows, strict=True):
        names = differing(answer, row)
        assert not names, {name: (answer["features"].get(name), row[name]) for name in names}


def test_an_answer_is_what_the_stream_stores_feature_by_feature(
    pipeline: Pipeline, client: Client
) -> None:
    sent = sent_by(1, amount_cents=900_000, channel="online")
    answer = client.decide(sent).body
    stored_as_answered(pipeline, [answer])
    # That there was something to compare: of the history, of each lookup, and made of them.
    known = {name for name in FEATURES if answer["features"][name] is not None}
    assert known >= {
        *("card_txn_count_7d", "card_merchant_count_24h", "came_behind_ms"),
        *("home_country", "merchant_category", "merchant_txn_count_1d", "merchant_newest_fraud_ms"),
        *("km_from_home", "is_foreign", "is_usual_device", "local_hour", "account_age_days"),
    }
    assert answer["features"]["merchant_fraud_rate_28d"] == 0.03
    found = eventually(
        lambda: client.ask("GET", f"/v1/decisions/{sent['transaction_id']}").body,
        lambda body: body["outcome"] == "scored",
    )
    assert found["answer"] == answer
    assert found["differing"] == []
    (alert,) = eventually(
        lambda: pipeline.rows(
            "SELECT dashboards.alert_signs(a, NULL) AS reasons FROM alerts AS a "
            "WHERE transaction_id = %s",
            sent["transaction_id"],
        )
    )
    assert "; ".join(answer["reasons"]) == alert["reasons"]
    payments = client.ask("GET", f"/v1/payments?card_id={sent['card_id']}").body["payments"]
    assert [item["transaction_id"] for item in payments] == [sent["transaction_id"]]


def test_a_burst_of_a_card_sees_itself_as_the_stream_does(
    pipeline: Pipeline, client: Client
) -> None:
    """One after the other, quicker than the stream stores; some at equal or earlier times."""
    first = sent_by(2)
    changes = [0, 0, 1, -1, 5000, -3 * 86_400_000, 86_400_000, 3, 300_003, 2]
    sent = [
        first
        | {
            "transaction_id": f"{first['transaction_id']}-{number}",
            # In the past, so that none is in the future.
            "event_ms": first["event_ms"] - 2 * 86_400_000 + change,
            "merchant_id": f"m-{number % 3}",
            "latitude": 48.0 + number,
        }
        for number, change in enumerate(changes)
    ]
    answers = [client.decide(item).body for item in sent]
    assert [answer["is_degraded"] for answer in answers] == [False] * len(sent)
    assert answers[-1]["history"]["payment_count"] == len(sent) - 1
    stored_as_answered(pipeline, answers)


def test_many_cards_and_threads_get_what_the_stream_stores(
    pipeline: Pipeline, api: ApiProcess
) -> None:
    cards = [sent_by(number)["card_id"] for number in range(5)]
    sent = [sent_by(100 + n, card_id=cards[n % 5], amount_cents=100 * n) for n in range(60)]
    local = threading.local()

    def ask(item: dict[str, Any]) -> Reply:
        if not hasattr(local, "client"):
            local.client = api.client()
        return local.client.decide(item)  # type: ignore[no-any-return]

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(ask, sent))
    assert {reply.status for reply in replies} == {200}
    stored_as_answered(pipeline, [reply.body for reply in replies])


def test_payments_from_elsewhere_are_seen_once_they_are_stored(
    pipeline: Pipeline, client: Client
) -> None:
    first = sent_by(3)
    pipeline.send(first)
    pipeline.scored(first)
    second = first | {"transaction_id": f"{first['transaction_id']}-2"}
    answer = client.decide(second).body
    assert answer["history"] == {
        "payment_count": 1,
        "on_their_way_count": 0,
        "newest_ms": first["event_ms"],
    }
    stored_as_answered(pipeline, [answer])
    # Asked about afterwards, the stream's own answer counts.
    reply = client.decide(first)
    assert reply.headers["idempotent-replay"] == "true"
    stored_as_answered(pipeline, [reply.body])
    assert client.decide(first | {"amount_cents": 1}).status == 409


def test_what_was_answered_while_kafka_was_away_is_sent_when_it_is_back(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    stack = pipeline.settings
    api_port, nothing = free_ports(2)
    (tmp_path / "secrets.env").write_text(stack.secrets_file.read_text())
    own = dataclasses.replace(
        stack,
        home=str(tmp_path),
        model_dir=str(stack.models_dir),
        api_port=api_port,
        api_budget_ms=20_000,
    )
    secret = make_key(stack, f"away-{time.time_ns()}")
    sent = [sent_by(200 + number) for number in range(3)]
    with ApiProcess(dataclasses.replace(own, kafka_port=nothing), secret) as process:
        client = process.wait().client()
        answers = [client.decide(item).body for item in sent]
        process.kill()
    assert not any(answer["is_degraded"] for answer in answers)
    with ApiProcess(own, secret) as process:
        process.wait()
        stored_as_answered(pipeline, answers)
        rows = eventually(
            lambda: pipeline.rows(
                "SELECT sent_later_at, outcome FROM decisions WHERE transaction_id = ANY(%s)",
                [item["transaction_id"] for item in sent],
            ),
            lambda found: all(row["outcome"] == "scored" for row in found),
        )
    assert len(rows) == 3 and all(row["sent_later_at"] for row in rows)


def test_an_outcome_is_a_label_in_its_topic(pipeline: Pipeline, client: Client) -> None:
    sent = {"transaction_id": sent_by(4)["transaction_id"], "is_fraud": True, "reason": "stolen"}
    reply = client.ask("POST", "/v1/outcomes", sent)
    assert reply.status == 202
    assert client.ask("POST", "/v1/outcomes", sent | {"is_fraud": "yes"}).body["field"] == (
        "is_fraud"
    )
    assert client.ask("POST", "/v1/outcomes", sent | {"note": "x"}).status == 422
    assert client.ask("POST", "/v1/outcomes", sent | {"labelled_ms": 0}).status == 422
    label = newest_label(pipeline.settings, sent["transaction_id"])
    assert label["labelled_ms"] == reply.body["labelled_ms"]
    assert label["source"].startswith("api.")


def newest_label(settings: Settings, transaction_id: str) -> dict[str, Any]:
    """The last message of a payment in the topic of labels."""
    consumer = Consumer(
        {"bootstrap.servers": settings.kafka_address, "group.id": f"test-{time.time_ns()}"}
    )
    topic = settings.labels_topic
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])

    def look() -> dict[str, Any] | None:
        message = consumer.poll(1)
        value = message.value() if message and not message.error() else None
        # Other tests send labels that are not JSON.
        return json.loads(value) if value and transaction_id.encode() in value else None

    try:
        found = eventually(look)
    finally:
        consumer.close()
    assert found
    return found


def test_the_check_finds_every_answer_in_the_stream_and_a_planted_mistake(
    pipeline: Pipeline, api: ApiProcess, swipestream: Path
) -> None:
    since = datetime.now(UTC)
    answers = [api.client().decide(sent_by(300 + number)).body for number in range(5)]
    pipeline.scored(*answers)
    command = [str(swipestream), "decisions", "check", "--since", "1h"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 unexplained, 0 missing" in result.stdout
    with psycopg.connect(pipeline.settings.postgres_url, autocommit=True) as connection:
        report = check_database(connection, since, lambda _: None)
        assert (report.compared, report.equal) == (5, 5)
        connection.execute(
            "UPDATE decisions SET answer = JSONB_SET(answer, '{features,card_txn_count_7d}', '9') "
            "WHERE transaction_id = %s",
            [answers[0]["transaction_id"]],
        )
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            assert result.returncode == 1
            assert "card_txn_count_7d was answered as 9, the stream has 0" in result.stdout
        finally:
            connection.execute(
                "UPDATE decisions SET answer = "
                "JSONB_SET(answer, '{features,card_txn_count_7d}', '0') WHERE transaction_id = %s",
                [answers[0]["transaction_id"]],
            )


def test_rules_of_the_team_decide_here_as_in_the_stream(pipeline: Pipeline, client: Client) -> None:
    settings, columns = pipeline.settings, rule_columns(JOB)
    block = rule("api_block", ("merchant_id", "=", "m-api-rule"), ("card_txn_count_5m", ">=", 1))
    watch = rule("api_watch", ("merchant_id", "=", "m-api-rule"), state="shadow")
    with changing(settings, columns, "tests") as opened:
        opened.add(block)
        opened.add(watch)
    version = opened.now.version
    try:
        first = sent_by(300, merchant_id="m-api-rule")
        answers = [client.decide(first).body]
        # A payment a look, until both follow the file.
        for number in itertools.count(1):
            payment = first | {"transaction_id": f"{first['transaction_id']}-{number}"}
            answers.append(client.decide(payment).body)
            (row,) = pipeline.scored(answers[-1])
            if answers[-1]["rules_version"] == row["rules_version"] == version:
                break
            assert number < 1000
        assert (answers[-1]["decision"], row["decision"]) == ("block", "block")
        assert answers[-1]["rules_fired"] == ["api_block"]
        assert answers[-1]["reasons"][0] == "rule api_block"
        assert (row["rules_fired"], row["shadow_rules_fired"]) == ("api_block", "api_watch")
        assert answers[-1]["is_degraded"] is False
        stored_as_answered(pipeline, answers[-1:])
    finally:
        with changing(settings, columns, "tests") as opened:
            opened.set_state("api_block", "off")
            opened.set_state("api_watch", "off")


def test_up_starts_it_and_stops_starting_it(stack: Settings) -> None:
    from swipestream.operate import control

    control.up(stack, api=True)
    try:
        states = {line.name: line.state for line in control.status(stack)}
        assert states["decision-api"] == "running"
    finally:
        control.up(stack, api=False)
    assert "decision-api" not in {line.name for line in control.status(stack)}
