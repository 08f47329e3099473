"""Producers compress as they like; the job reads them all."""

import json

import pytest
from confluent_kafka import Producer

from tests.pipeline.conftest import Pipeline

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_batch_of_any_codec_is_scored_and_so_is_the_next(pipeline: Pipeline, codec: str) -> None:
    restarts = pipeline.restarts()
    producer = Producer(
        {
            "bootstrap.servers": pipeline.settings.kafka_address,
            "partitioner": "murmur2_random",
            "compression.type": codec,
            # A batch that does not get smaller is sent as it is.
            "linger.ms": 50,
        }
    )
    card = pipeline.payment()["card_id"]
    payments = [pipeline.payment(card_id=card) for _ in range(50)]
    for payment in payments:
        producer.produce(pipeline.settings.payments_topic, json.dumps(payment).encode(), card)
    assert producer.flush(30) == 0
    after = pipeline.payment(card_id=card)
    pipeline.send(after)
    rows = pipeline.scored(*payments, after)
    assert all(row["score"] is not None for row in rows)
    assert pipeline.restarts() == restarts
