"""score_payments: the whole pipeline as the ordered list of its SQL files."""

from flink_jobs.job import Job

SOURCES = (
    "sources/payments_topic",
    "sources/payment_lines",
    "sources/payments_checked",
    "sources/messages_in_partition_order",
    "sources/messages_rejected",
    "sources/payments_valid",
    "sources/payments_in_card_order",
    "sources/payments_numbered",
    "sources/payments_timed",
    "sources/transactions",
    "sources/late_payments",
)
HISTORY = (
    "features/card_previous_payment",
    "features/card_activity_7d",
    "features/card_activity_24h",
    "features/card_activity_5m",
    "features/payments_with_history",
)
FEATURES = (*HISTORY, "features/payment_features")
SCORING = (
    "lookups/customers",
    "lookups/merchants",
    "lookups/merchant_risk_days",
    "lookups/decision_policies",
    "scoring/payments_enriched",
    "features/payment_features",
    "scoring/payments_scored",
    "scoring/payments_decided",
)
SINKS = (
    "sinks/scored_payments",
    "sinks/alerts",
    "sinks/alerts_topic",
    "sinks/rejected_payments",
    "sinks/duplicate_payments",
)
INSERTS = (
    "inserts/scored_payments",
    "inserts/alerts",
    "inserts/alerts_topic",
    "inserts/rejected_payments",
    "inserts/duplicate_payments",
)

JOB = Job(
    name="score_payments",
    folder="payments",
    tables_and_views=SOURCES + HISTORY + SCORING + SINKS,
    inserts=INSERTS,
    functions={"score": "udfs.score_payment:score"},
)

if __name__ == "__main__":
    from flink_jobs.runner import run

    run(JOB)
