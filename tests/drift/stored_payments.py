"""Rows of scored_payments as the stream stores them, made from a few values each."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg

INSERT = """
INSERT INTO scored_payments
SELECT p.*
FROM JSONB_POPULATE_RECORDSET(NULL::scored_payments, %s::jsonb) AS p
"""
PAYMENT: dict[str, Any] = {
    "customer_id": "h1", "merchant_id": "m1", "amount_cents": 2500, "currency": "EUR",
    "channel": "online", "kafka_partition": 0, "kafka_offset": 0, "is_customer_known": True,
    "is_merchant_known": True, "is_degraded": False, "decision": "approve", "policy_version": 1,
    "merchant_category": "grocery", "model_version": "m-1", "score": 0.01,
}  # fmt: skip


def store(database: "psycopg.Connection[Any]", payments: Iterable[dict[str, Any]]) -> None:
    """
    Store payments.

    :param payments: columns that differ from `PAYMENT`; `event_time` is needed. Each was stored
        within a second, and long enough ago to be counted.
    """
    rows = []
    for number, values in enumerate(payments):
        at: datetime = values["event_time"]
        rows.append(
            PAYMENT
            | {
                "transaction_id": f"t{number}-{at:%m%d%H%M%S}",
                "card_id": f"c{number}",
                "event_ms": int((at - datetime(1970, 1, 1)).total_seconds() * 1000),
                "arrived_at": at.isoformat(),
                "scored_at": at.isoformat(),
                "stored_at": f"{(at + timedelta(seconds=1)).isoformat()}+00:00",
            }
            | values
            | {"event_time": at.isoformat()}
        )
    database.execute(INSERT, [json.dumps(rows)])
