"""Each feature's value in words, one short line, also when it is unknown."""

from typing import Any

import pytest

from flink_jobs.feature_registry import FeatureEntry, feature_registry
from flink_jobs.score_payments import JOB
from swipestream.reasons.wording import LONGEST, duration, words_for

REGISTRY = feature_registry(JOB)
# As large as values get.
LARGE: dict[str, Any] = dict.fromkeys(JOB.model_features, 987654321.123) | {
    "currency": "EUR", "channel": "online", "merchant_category": "home_improvement",
    "merchant_country": "DE", "local_hour": 23, "local_weekday": 2, "is_foreign": 1,
    "is_usual_device": 0, "merchant_fraud_rate_28d": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("feature", "values", "words"),
    [
        ("amount_cents", {"amount_cents": 123_456, "currency": "EUR"}, "an amount of 1,234.56 EUR"),
        ("amount_to_card_mean_7d", {"amount_to_card_mean_7d": 12.4},
         "12 times the card's mean of 7 days"),
        ("amount_to_card_mean_24h", {"amount_to_card_mean_24h": 1.0},
         "1.0 times the card's mean of 24 hours"),
        ("amount_to_card_usual_30d", {"amount_to_card_usual_30d": 22.2},
         "22 times what the card usually pays"),
        ("largest_amount_to_card_usual_7d", {"largest_amount_to_card_usual_7d": 5.14},
         "largest in 7 days: 5.1 times what the card usually pays"),
        ("card_usual_cents_30d", {"card_usual_cents_30d": 2310.4, "currency": "EUR"},
         "the card usually pays 23.10 EUR"),
        ("merchant_mature_txn_count_7d", {"merchant_mature_txn_count_7d": 12},
         "12 payments at the merchant a week ago, in 7 days"),
        ("merchant_mature_fraud_rate_28d", {"merchant_mature_fraud_rate_28d": 0.5},
         "50.0% fraud at the merchant a week ago, in 28 days"),
        ("merchant_fraud_to_usual_28d", {"merchant_fraud_to_usual_28d": 4.0},
         "frauds there are 4.0 times what their cards usually pay"),
        ("amount_to_card_mean_5m", {"amount_to_card_mean_5m": 0.1},
         "10% of the card's mean of 5 minutes"),
        ("card_txn_count_5m", {"card_txn_count_5m": 2, "card_merchant_count_5m": 3},
         "3 payments within 5 minutes at 3 merchants"),
        ("card_merchant_count_24h", {"card_txn_count_24h": 2, "card_merchant_count_24h": 1},
         "3 payments within 24 hours"),
        ("card_txn_count_7d", {"card_txn_count_7d": 0}, "the card's only payment within 7 days"),
        ("card_amount_cents_24h",
         {"card_amount_cents_24h": 50_000, "card_txn_count_24h": 2, "currency": "CHF"},
         "500.00 CHF paid before within 24 hours"),
        ("card_amount_cents_24h", {"card_amount_cents_24h": 0, "card_txn_count_24h": 0},
         "nothing else paid within 24 hours"),
        ("seconds_since_previous", {"seconds_since_previous": 7.0},
         "7 s after the previous payment"),
        ("kmh_from_previous", {"km_from_previous": 7830.2, "seconds_since_previous": 600.0},
         "7,830 km from the previous payment, 10 min earlier"),
        ("km_from_home", {"km_from_home": 5336.2}, "5,336 km from home"),
        ("is_foreign", {"is_foreign": 1, "merchant_country": "US"}, "a merchant abroad (US)"),
        ("is_foreign", {"is_foreign": 0}, "a merchant in the home country"),
        ("is_usual_device", {"is_usual_device": 1}, "the usual device"),
        ("is_night", {"local_hour": 3, "local_weekday": 6},
         "03:00 to 03:59 on a Sunday where the customer lives"),
        ("merchant_txn_count_1d", {"merchant_txn_count_1d": 1234},
         "1,234 payments at the merchant in 1 day"),
        ("merchant_fraud_rate_28d", {"merchant_fraud_rate_28d": 0.083},
         "8.3% known fraud at the merchant in 28 days"),
        ("merchant_days_since_fraud", {"merchant_days_since_fraud": 4.4},
         "known fraud at the merchant 4 days ago"),
        ("channel", {"channel": "atm", "merchant_category": "cash"}, "cash, at a cash machine"),
        (
            "channel",
            {"channel": "online", "merchant_category": "home_improvement"},
            "home improvement, online",
        ),
        ("account_age_days", {"account_age_days": 12.0}, "an account opened 12 days ago"),
        ("account_age_days", {"account_age_days": 1500.0}, "an account opened 4 years ago"),
        ("came_behind_ms", {"came_behind_ms": 90_000}, "the payment came 90 s behind a later one"),
    ],
)  # fmt: skip
def test_a_value_in_words(feature: str, values: dict[str, Any], words: str) -> None:
    assert words_for(feature, values, REGISTRY.get(feature)) == words


@pytest.mark.parametrize("feature", JOB.model_features)
def test_an_unknown_value_and_a_large_one_fit_into_a_line(feature: str) -> None:
    nothing: dict[str, Any] = dict.fromkeys(JOB.model_features)
    for values in (nothing | {"amount_cents": 1, "channel": "pos"}, LARGE):
        words = words_for(feature, values, REGISTRY[feature])
        assert 5 < len(words) < LONGEST + 1
        assert "None" not in words and "_" not in words.replace("home_improvement", "")


def test_a_feature_without_words_of_its_own_is_shown_with_its_unit() -> None:
    entry = FeatureEntry(
        "card_median_cents_30d", "cents", "card", "30 days", "month", "the mean", "us", "", "f"
    )
    assert words_for("card_median_cents_30d", {"card_median_cents_30d": 1234.0}, entry) == (
        "card median cents 30d: 1,234 cents"
    )
    assert words_for("card_median_cents_30d", {}, entry) == "card median cents 30d: unknown"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.0, "12 s"), (119.0, "119 s"), (600.0, "10 min"), (7200.0, "2 h"), (864_000.0, "10 days")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
