"""What the desk counts, for Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

PAGE_SECONDS = Histogram(
    "swipestream_desk_page_seconds",
    "From the request to its answer, by the address's pattern.",
    ("page",),
    buckets=SECONDS,
    registry=REGISTRY,
)
ANSWERS = Counter(
    "swipestream_desk_answers_total", "Answers by status.", ("status",), registry=REGISTRY
)
VERDICTS = Counter(
    "swipestream_desk_verdicts_total",
    "Verdicts, by what they say.",
    ("verdict",),
    registry=REGISTRY,
)
CONFLICTS = Counter(
    "swipestream_desk_conflicts_total",
    "Forms that came too late, because the case had changed or was taken.",
    registry=REGISTRY,
)
SIGN_INS = Counter(
    "swipestream_desk_sign_ins_total",
    "Tries to sign in, by whether they succeeded.",
    ("succeeded",),
    registry=REGISTRY,
)
