"""A payment's history, plainly: the payments of its card that had arrived, one by one."""

from collections.abc import Sequence
from typing import Any

Payment = dict[str, Any]

KEPT_MS = 9 * 86_400_000
PREVIOUS_MS = 7 * 86_400_000
WINDOWS_MS = {"7d": 7 * 86_400_000, "24h": 86_400_000, "5m": 300_000}


def histories(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """
    What is stored of each payment's history.

    :param payments: good ones, no copies, in the order in which they arrived.
    """
    arrived: dict[str, list[Payment]] = {}
    found = []
    for payment in payments:
        before = arrived.setdefault(payment["card_id"], [])
        found.append(history(payment, before))
        before.append(payment)
    return found


def history(payment: Payment, before: Sequence[Payment]) -> dict[str, Any]:
    """:param before: of its card, in the order in which they arrived."""
    at_ms = payment["event_ms"]
    newest_ms = max([at_ms, *(other["event_ms"] for other in before)])
    kept = [other for other in before if other["event_ms"] >= newest_ms - KEPT_MS]
    # Of equal times the one that arrived last; max() takes the first.
    earlier = [other for other in reversed(kept) if other["event_ms"] <= at_ms]
    previous = max(earlier, key=lambda other: int(other["event_ms"]), default=None)
    if previous and at_ms - previous["event_ms"] > PREVIOUS_MS:
        previous = None
    found = {
        "came_behind_ms": newest_ms - at_ms,
        "previous_ms": previous and previous["event_ms"],
        "previous_latitude": previous and previous["latitude"],
        "previous_longitude": previous and previous["longitude"],
    }
    for window, span_ms in WINDOWS_MS.items():
        within = [other for other in earlier if other["event_ms"] >= at_ms - span_ms]
        found |= {
            f"card_txn_count_{window}": len(within),
            f"card_amount_cents_{window}": sum(other["amount_cents"] for other in within),
            f"card_merchant_count_{window}": len(
                {other["merchant_id"] for other in (*within, payment)}
            ),
        }
    return found
