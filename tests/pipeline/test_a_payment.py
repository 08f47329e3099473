"""A payment goes from Kafka to its row in Postgres, through the real job."""

import json

import psycopg
import pytest
from confluent_kafka import Consumer

from swipestream.models.decision_policy import change
from tests.eventually import eventually
from tests.pipeline.conftest import Pipeline
from tests.udfs.tiny_bundle import tiny_score

pytestmark = pytest.mark.stack


def test_a_lone_payment_on_a_quiet_topic_is_scored(pipeline: Pipeline) -> None:
    # No later message is needed for it to be scored.
    payment = pipeline.payment()
    pipeline.send(payment)
    (row,) = pipeline.scored(payment)
    assert row["score"] == pytest.approx(tiny_score(1000, "pos"), abs=1e-6)
    assert row["decision"] == "approve"
    assert row["came_behind_ms"] == 0 and not row["is_degraded"]
    assert row["pipeline_version"].startswith("sql-")


def test_history_builds_up_payment_by_payment(pipeline: Pipeline) -> None:
    first = pipeline.payment(latitude=0.0, longitude=0.0, amount_cents=500)
    second = pipeline.payment(
        card_id=first["card_id"],
        latitude=0.0,
        longitude=1.0,
        amount_cents=1500,
        merchant_id="m-other",
        event_ms=first["event_ms"] + 10,
    )
    pipeline.send(first, second)
    before, after = pipeline.scored(first, second)
    assert (before["card_txn_count_5m"], before["seconds_since_previous"]) == (0, None)
    assert (after["card_txn_count_5m"], after["card_amount_cents_24h"]) == (1, 500)
    assert after["card_merchant_count_7d"] == 2
    assert after["amount_to_card_mean_7d"] == 3.0
    assert after["km_from_previous"] == pytest.approx(111.1950802)
    assert after["seconds_since_previous"] == 0.01


def test_customer_and_merchant_are_joined(pipeline: Pipeline) -> None:
    pipeline.rows(
        "INSERT INTO customers (customer_id, home_latitude, home_longitude, home_country, "
        "utc_offset_minutes, account_opened_at, usual_device_id) "
        "VALUES ('k-joined', 48.5, 2.5, 'FR', 60, '2020-01-01', 'd-1') RETURNING 1"
    )
    pipeline.rows(
        "INSERT INTO merchants (merchant_id, category, country) "
        "VALUES ('m-joined', 'jewelry', 'DE') RETURNING 1"
    )
    payment = pipeline.payment(customer_id="k-joined", merchant_id="m-joined", device_id="d-2")
    pipeline.send(payment)
    (row,) = pipeline.scored(payment)
    assert (row["km_from_home"], row["is_foreign"], row["is_usual_device"]) == (0.0, 1, 0)
    assert row["merchant_category"] == "jewelry"
    assert row["is_customer_known"] and row["is_merchant_known"]


def test_unknown_customer_and_merchant_are_scored_and_marked(pipeline: Pipeline) -> None:
    payment = pipeline.payment(customer_id="k-unknown", merchant_id="m-unknown")
    pipeline.send(payment)
    (row,) = pipeline.scored(payment)
    assert row["score"] is not None
    assert not row["is_customer_known"] and not row["is_merchant_known"]
    assert row["km_from_home"] is None and row["local_hour"] is None


def test_a_copy_is_noted_and_changes_nothing(pipeline: Pipeline) -> None:
    payment = pipeline.payment()
    pipeline.send(payment, payment, payment)
    copies = pipeline.noted("duplicate_payments", payment, count=2)
    (row,) = pipeline.scored(payment)
    assert row["card_txn_count_5m"] == 0
    assert len(copies) == 2 and row["kafka_offset"] < copies[0]["kafka_offset"]


def test_an_alert_is_stored_and_announced(pipeline: Pipeline) -> None:
    payment = pipeline.payment(amount_cents=900_000, channel="online")
    pipeline.send(payment)
    (row,) = pipeline.scored(payment)
    assert row["decision"] == "block"
    (alert,) = eventually(
        lambda: pipeline.rows(
            "SELECT * FROM alerts WHERE transaction_id = %s", payment["transaction_id"]
        ),
        bool,
    )
    assert alert["score"] == row["score"]
    consumer = Consumer(
        {
            "bootstrap.servers": pipeline.settings.kafka_address,
            "group.id": "tests",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([pipeline.settings.alerts_topic])
    seen: list[dict[str, object]] = []

    def read() -> list[dict[str, object]]:
        for message in consumer.consume(100, 0.5):
            if message.error() is None:
                seen.append(json.loads(message.value() or b"{}"))
        return [a for a in seen if a["transaction_id"] == payment["transaction_id"]]

    announced = eventually(read, bool)
    consumer.close()
    assert announced[0]["decision"] == "block"
    assert announced[0]["card_txn_count_5m"] == 0


def test_thresholds_change_without_a_restart(pipeline: Pipeline) -> None:
    with psycopg.connect(pipeline.settings.postgres_url) as connection:
        change(connection, ("atm",), {"review_score": 0.0, "block_score": 0.0})

    def decision() -> str:
        payment = pipeline.payment(channel="atm")
        pipeline.send(payment)
        return str(pipeline.scored(payment)[0]["decision"])

    assert eventually(decision, lambda found: found == "block") == "block"
