"""An alert reads like something a person would say."""

from datetime import datetime
from typing import Any

from swipestream.demo.alert_text import alert_text

ALERT: dict[str, Any] = {
    "event_time": datetime(2030, 1, 1, 9, 41, 3),
    "decision": "block",
    "score": 0.967,
    "amount_cents": 123456,
    "currency": "EUR",
    "channel": "online",
    "card_last4": "1234",
    "merchant_name": "Keller Electronics",
    "merchant_category": "electronics",
    "merchant_city": None,
    "merchant_country": "DE",
    "reasons": "4 payments within 5 minutes at 4 merchants; a device that is not the usual one",
}


def test_a_whole_alert() -> None:
    assert alert_text(ALERT) == (
        "09:41:03 BLOCK score 0.97: 1,234.56 EUR online at Keller Electronics (electronics) in DE, "
        "card ...1234; 4 payments within 5 minutes at 4 merchants; "
        "a device that is not the usual one"
    )


def test_an_alert_of_unknowns() -> None:
    alert = dict.fromkeys(ALERT) | {
        "event_time": datetime(2030, 1, 1), "decision": "review", "amount_cents": 5,
        "currency": "EUR", "channel": "pos",
    }  # fmt: skip
    assert alert_text(alert) == (
        "00:00:00 REVIEW no score: 0.05 EUR at an unknown merchant, card ...????; not explained"
    )
