"""A payment's history, plainly: the payments of its card that had arrived, one by one."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

Payment = dict[str, Any]

DAY_MS = 86_400_000
KEPT_MS = 32 * DAY_MS
PREVIOUS_MS = 7 * DAY_MS
WINDOWS_MS = {"7d": 7 * DAY_MS, "24h": DAY_MS, "5m": 300_000}


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
    found |= usual_amounts(payment, earlier)
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


def usual_amounts(payment: Payment, earlier: Sequence[Payment]) -> dict[str, Any]:
    """
    What the card usually paid, and its largest payments.

    :param earlier: of its card, not after it.
    """
    month, fortnight, week = (
        [
            other["amount_cents"]
            for other in earlier
            if other["event_ms"] >= payment["event_ms"] - days * DAY_MS
        ]
        for days in (30, 14, 7)
    )
    millionths = sum(math.floor(1_000_000 * math.log(cents + 1)) for cents in month)
    return {
        "card_usual_cents_30d": (
            pytest.approx(math.exp(millionths / (1_000_000 * len(month)))) if month else None
        ),
        "card_largest_cents_14d": max([*fortnight, payment["amount_cents"]]),
        "card_largest_cents_7d": max([*week, payment["amount_cents"]]),
    }
