"""A payment that every check accepts."""

import time
from typing import Any


def valid_payment(number: int = 0, **changes: Any) -> dict[str, Any]:
    """
    A payment of a new card, made now; neither customer nor merchant is known.

    :param number: differs between payments of one microsecond.
    """
    name = f"{time.time_ns() // 1000:x}-{number}"
    return {
        "transaction_id": f"t-{name}",
        "card_id": f"card-{name}",
        "customer_id": "k-nobody",
        "merchant_id": "m-nobody",
        "amount_cents": 1000,
        "currency": "EUR",
        "channel": "pos",
        "latitude": 48.5,
        "longitude": 2.5,
        "device_id": None,
        "card_last4": "1234",
        "event_ms": time.time_ns() // 1_000_000,
    } | changes
