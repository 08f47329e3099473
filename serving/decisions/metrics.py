"""What the API counts, for Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
# Around the budget of 50 ms, where it matters.
SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0)

DECISION_SECONDS = Histogram(
    "swipestream_api_decision_seconds",
    "From the request to its answer.",
    buckets=SECONDS,
    registry=REGISTRY,
)
DECISIONS = Counter(
    "swipestream_api_decisions_total",
    "Answers given, by what was decided and what was away.",
    ("decision", "degraded_by"),
    registry=REGISTRY,
)
REPLAYS = Counter(
    "swipestream_api_replays_total", "Answers that had been given before.", registry=REGISTRY
)
REFUSALS = Counter(
    "swipestream_api_refusals_total", "Requests without an answer.", ("status",), registry=REGISTRY
)
CARD_NUMBERS = Counter(
    "swipestream_api_card_numbers_total",
    "Requests that held a card number in an identifier.",
    registry=REGISTRY,
)
SENT_LATER = Counter(
    "swipestream_api_sent_later_total",
    "Payments that were sent to Kafka after their answer, because it was away.",
    registry=REGISTRY,
)
WAITING = Gauge(
    "swipestream_api_waiting_messages", "Payments that Kafka has not confirmed.", registry=REGISTRY
)
JOURNALED = Gauge(
    "swipestream_api_journaled_decisions",
    "Answers that the database does not have yet.",
    registry=REGISTRY,
)
IS_AWAY = Gauge(
    "swipestream_api_service_away",
    "1 while a service does not answer.",
    ("service",),
    registry=REGISTRY,
)
