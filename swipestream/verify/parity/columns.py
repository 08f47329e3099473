"""Which columns of `scored_payments` are what: sent, looked up, or computed by the stream."""

import re

from flink_jobs.score_payments import JOB

# As the producer sent them, and where Kafka put the message.
SENT = {
    "transaction_id": "VARCHAR",
    "card_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "merchant_id": "VARCHAR",
    "amount_cents": "BIGINT",
    "currency": "VARCHAR",
    "channel": "VARCHAR",
    "latitude": "DOUBLE",
    "longitude": "DOUBLE",
    "device_id": "VARCHAR",
    "card_last4": "VARCHAR",
    "event_ms": "BIGINT",
}
PLACE = {
    "event_time": "TIMESTAMP",
    "arrived_at": "TIMESTAMP",
    "kafka_partition": "INTEGER",
    "kafka_offset": "BIGINT",
}
# What a lookup returned depends on when it was asked, so it is taken from the stored row.
TAKEN = {
    "home_latitude": "DOUBLE",
    "home_longitude": "DOUBLE",
    "home_country": "VARCHAR",
    "utc_offset_minutes": "INTEGER",
    "account_opened_ms": "BIGINT",
    "usual_device_id": "VARCHAR",
    "merchant_category": "VARCHAR",
    "merchant_country": "VARCHAR",
    "is_customer_known": "BOOLEAN",
    "is_merchant_known": "BOOLEAN",
    "merchant_txn_count_1d": "INTEGER",
    "merchant_txn_count_7d": "INTEGER",
    "merchant_txn_count_28d": "INTEGER",
    "merchant_fraud_rate_1d": "DOUBLE",
    "merchant_fraud_rate_7d": "DOUBLE",
    "merchant_fraud_rate_28d": "DOUBLE",
    "merchant_newest_fraud_ms": "BIGINT",
}
SCORED = {
    "score": "DOUBLE",
    "model_version": "VARCHAR",
    "score_error": "VARCHAR",
    "challenger_score": "DOUBLE",
    "challenger_version": "VARCHAR",
    "pipeline_version": "VARCHAR",
}
# Follows from a policy that changes, and is not looked at.
DECIDED = ("policy_version", "is_degraded", "decision", "scored_at")

_COLUMN = re.compile(
    r"^    (\w+) (STRING|BIGINT|INT|DOUBLE|BOOLEAN|TIMESTAMP\(3\)),?$", re.MULTILINE
)
_KINDS = {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP(3)": "TIMESTAMP"}


def stored_columns() -> dict[str, str]:
    """Every column that the stream stores of a payment, with its type in DuckDB."""
    table = JOB.path("store/tables/scored_payments").read_text("utf-8")
    return {name: _KINDS.get(kind, kind) for name, kind in _COLUMN.findall(table)}


# All else is made by the feature files. `came_behind_ms` is NULL in rows that an earlier version
# stored, by other rules.
RECOMPUTED = {
    name: kind
    for name, kind in stored_columns().items()
    if name not in SENT | PLACE | TAKEN | SCORED and name not in DECIDED
}
STORED = SENT | PLACE | TAKEN | RECOMPUTED | SCORED
