"""score_payments: the whole pipeline as the ordered list of its SQL files."""

from flink_jobs.history import History
from flink_jobs.job import Job

INTAKE = (
    "intake/payments_topic",
    "intake/payments_read",
    "intake/payments_checked",
)
HISTORY = ("history/card_activity",)
PAYMENTS = (
    *HISTORY,
    "history/messages_new",
    "history/payments_with_history",
    "enrich/customers",
    "enrich/merchants",
    "enrich/merchant_risk_days",
    "enrich/payments_enriched",
    "features/payment_features",
    "decide/decision_policies",
    "decide/payments_scored",
    "decide/payments_decided",
)
STORED = (
    "scored_payments",
    "alerts",
    "alerts_topic",
    "rejected_payments",
    "duplicate_payments",
    "conflicting_payments",
)

JOB = Job(
    name="score_payments",
    folder="payments",
    tables_and_views=(*INTAKE, *PAYMENTS, *(f"store/tables/{name}" for name in STORED)),
    inserts=tuple(f"store/inserts/{name}" for name in STORED),
    histories={
        "history/card_activity": History(
            id="transaction_id",
            time_ms="event_ms",
            time="event_time",
            arrival="kafka_offset",
            skip_if="reason",
            same=("amount_cents", "merchant_id", "event_ms"),
            # The longest window and two days: so far behind its card's newest payment, one still
            # sees its whole month. docs/adr/0034-usual-amounts-and-mature-risk.md
            kept_ms=2_764_800_000,
            most=10_000,
            forgotten_ms=5_184_000_000,
        )
    },
    functions={"score": "udfs.score_payment:score"},
    java_functions={
        "read_json": "swipestream.json.ReadJson",
        "holds_card_number": "swipestream.cards.HoldsCardNumber",
        "float64_vector": "swipestream.vectors.Float64Vector",
        "trailing_windows": "swipestream.windows.TrailingWindows",
    },
)

if __name__ == "__main__":
    from flink_jobs.runner import run

    run(JOB)
