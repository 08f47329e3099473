"""An alert reads like something a person would say."""

from datetime import datetime
from typing import Any

import pytest

from swipestream.demo.alert_text import alert_text, duration, reasons

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
    "home_city": "Lyon",
    "home_country": "FR",
    "card_txn_count_5m": 0,
    "card_txn_count_24h": 0,
    "card_merchant_count_5m": 1,
    "amount_to_card_mean_7d": None,
    "seconds_since_previous": None,
    "km_from_previous": None,
    "kmh_from_previous": None,
    "km_from_home": None,
    "is_usual_device": None,
    "is_foreign": None,
    "is_night": None,
}


def test_a_whole_alert() -> None:
    alert = ALERT | {"card_txn_count_5m": 3, "card_merchant_count_5m": 4, "is_usual_device": 0}
    assert alert_text(alert) == (
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
        "00:00:00 REVIEW no score: 0.05 EUR at an unknown merchant, card ...????; "
        "nothing single stands out, the whole pattern does"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {
                "kmh_from_previous": 5e3,
                "km_from_previous": 2239.4,
                "seconds_since_previous": 90.0,
            },
            "2,239 km from the previous payment, 90 s earlier",
        ),
        ({"amount_to_card_mean_7d": 12.2}, "12 times the card's mean of the week"),
        (
            {"is_foreign": 1, "km_from_home": 5336.2},
            "5,336 km from home in Lyon; a merchant abroad",
        ),
        ({"is_night": 1}, "at night where the customer lives"),
    ],
)
def test_each_sign(changes: dict[str, Any], reason: str) -> None:
    assert reasons(ALERT | changes) == reason


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.0, "12 s"), (119.0, "119 s"), (600.0, "10 min"), (7200.0, "2 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
