"""Which columns of `scored_payments` are what: sent, looked up, or computed by the stream."""

import re

from flink_jobs.pipelines import PAYMENTS

_COLUMN = re.compile(
    r"^    (\w+) (STRING|BIGINT|INT|DOUBLE|BOOLEAN|TIMESTAMP\(3\)),?$", re.MULTILINE
)
_KINDS = {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP(3)": "TIMESTAMP"}


def stored_columns() -> dict[str, str]:
    """Every column that the stream stores of a payment, with its type in DuckDB."""
    table = PAYMENTS.job.path(PAYMENTS.scored_file).read_text("utf-8")
    return {name: _KINDS.get(kind, kind) for name, kind in _COLUMN.findall(table)}


_STORED = stored_columns()


def _typed(names: str) -> dict[str, str]:
    """Columns with the types that the stream stores."""
    return {name: _STORED[name] for name in names.split()}


# As the producer sent them, and where Kafka put the message.
SENT = _typed(
    "transaction_id card_id customer_id merchant_id amount_cents currency channel latitude "
    "longitude device_id card_last4 event_ms"
)
PLACE = _typed("event_time arrived_at kafka_partition kafka_offset")
# What a lookup returned depends on when it was asked, so it is taken from the stored row.
TAKEN = _typed(
    "home_latitude home_longitude home_country utc_offset_minutes account_opened_ms "
    "usual_device_id merchant_category merchant_country is_customer_known is_merchant_known "
    "merchant_txn_count_1d merchant_txn_count_7d merchant_txn_count_28d "
    "merchant_fraud_rate_1d merchant_fraud_rate_7d merchant_fraud_rate_28d "
    "merchant_mature_txn_count_1d "
    "merchant_mature_txn_count_7d "
    "merchant_mature_txn_count_28d "
    "merchant_mature_fraud_rate_1d "
    "merchant_mature_fraud_rate_7d "
    "merchant_mature_fraud_rate_28d "
    "merchant_fraud_to_usual_28d "
    "merchant_oldest_fraud_35d_ms "
    "merchant_newest_fraud_ms"
)
SCORED = _typed(
    "score model_version score_error challenger_score challenger_version pipeline_version"
)
# By the rules that the team had then.
RULED = _typed("rules_fired shadow_rules_fired rule_action rules_version decision")
# Follows from a policy that changes, and is not looked at.
DECIDED = ("policy_version", "is_degraded", "scored_at")
# All else is made by the feature files. `came_behind_ms` is NULL in rows that an earlier version
# stored, by other rules.
RECOMPUTED = {
    name: kind
    for name, kind in _STORED.items()
    if name not in SENT | PLACE | TAKEN | SCORED | RULED and name not in DECIDED
}
STORED = SENT | PLACE | TAKEN | RECOMPUTED | SCORED | RULED
