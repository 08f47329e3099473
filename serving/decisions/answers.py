"""What is answered, and the row that is kept of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flink_jobs.pipelines import PAYMENTS
from serving.decisions.payments import Payment
from serving.decisions.rule import Verdict
from serving.decisions.rules import Ruled
from swipestream.decisions.agreement import FEATURES

# Why an answer has no score, or no history.
MODEL, POLICY, DATABASE, TIME = "model", "policy", "database", "time"
# PostgreSQL refuses to compute them, where Flink gives a value: of a place such as 1e-300.
UNCOMPUTED = "features"
SANDBOX_SCORES = {"approve": 0.02, "review": 0.6, "block": 0.97}


def answer(
    payment: Payment,
    found: Mapping[str, Any] | None,
    score: float | None,
    model_version: str | None,
    ruled: Ruled,
    verdict: Verdict,
    degraded_by: str | None,
    reasons: list[str],
    at_ms: int,
) -> dict[str, Any]:
    """
    The answer to a request.

    :param found: the payment's features; None if there was no time or no database for them.
    :param at_ms: now, UTC epoch milliseconds.
    """
    if verdict.is_degraded and degraded_by is None:
        degraded_by = MODEL if score is None else POLICY
    return {
        "transaction_id": payment.transaction_id,
        "card_id": payment.card_id,
        "event_ms": payment.values["event_ms"],
        "decision": verdict.decision,
        "score": score,
        "reasons": [*rule_reasons(ruled, verdict.decision), *reasons],
        "rules_fired": list(ruled.fired),
        "is_degraded": degraded_by is not None,
        "degraded_by": degraded_by,
        "model_version": model_version,
        "rules_version": ruled.version,
        "policy_version": verdict.policy_version,
        "pipeline_version": PAYMENTS.version,
        "history": history(found) if found is not None else None,
        "features": {name: found[name] for name in FEATURES} if found is not None else {},
        "decided_at": moment(at_ms),
    }


def rule_reasons(ruled: Ruled, decision: str) -> list[str]:
    """The rules behind a decision other than to approve."""
    if ruled.action in (None, "allow") or decision == "approve":
        return []
    return [f"rule {name}" for name in ruled.fired]


def history(found: Mapping[str, Any]) -> dict[str, Any]:
    """What of the card was seen."""
    return {
        "payment_count": found["history_payment_count"],
        "on_their_way_count": found["history_on_their_way_count"],
        "newest_ms": found["history_newest_ms"],
    }


def row(
    payment: Payment, given: Mapping[str, Any], at_ms: int, looked_at: datetime | None = None
) -> dict[str, Any]:
    """
    An answer as a row of the table decisions.

    :param looked_at: when the card's payments were read; None if they were not.
    """
    return dict(payment.values) | {
        "request_hash": payment.request_hash,
        "decision": given["decision"],
        "score": given["score"],
        "is_degraded": given["is_degraded"],
        "answer": dict(given),
        "decided_ms": at_ms,
        "looked_at": looked_at,
    }


def of_the_stream(stored: Mapping[str, Any]) -> dict[str, Any]:
    """
    The answer that the stream gave to a payment before anybody asked here.

    :param stored: the row of scored_payments.
    """
    return {
        "transaction_id": stored["transaction_id"],
        "card_id": stored["card_id"],
        "event_ms": stored["event_ms"],
        "decision": stored["decision"],
        "score": stored["score"],
        "reasons": [],
        "rules_fired": stored["rules_fired"].split(",") if stored["rules_fired"] else [],
        "is_degraded": stored["is_degraded"],
        "degraded_by": MODEL if stored["is_degraded"] else None,
        "model_version": stored["model_version"],
        "rules_version": stored["rules_version"],
        "policy_version": stored["policy_version"],
        "pipeline_version": stored["pipeline_version"],
        "history": None,
        "features": {name: stored[name] for name in FEATURES},
        "decided_at": f"{stored['scored_at']}Z",
    }


def sandbox(payment: Payment, at_ms: int) -> dict[str, Any]:
    """The fixed answer to a test's card, by what follows `test-` in its name."""
    name = payment.card_id.partition("-")[2]
    is_degraded = name.startswith("degraded")
    decision = next((word for word in SANDBOX_SCORES if name.startswith(word)), "approve")
    return answer(
        payment,
        None,
        None if is_degraded else SANDBOX_SCORES[decision],
        None,
        Ruled(),
        Verdict(decision, is_degraded, None),
        None,
        [] if decision == "approve" else ["a card of the sandbox"],
        at_ms,
    )


def moment(at_ms: int) -> str:
    """UTC epoch milliseconds as ISO 8601."""
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
