"""What a feature says about a payment, in one line for the model card."""

import re

_WINDOWS = {
    "5m": "5 minutes",
    "1h": "hour",
    "24h": "24 hours",
    "14d": "14 days",
    "1d": "day",
    "7d": "7 days",
    "28d": "28 days",
    "30d": "30 days",
}
_BY_NAME = {
    "amount_cents": "the amount",
    "came_behind_ms": "behind the card's newest payment that had arrived",
    "local_hour": "hour of the day where the customer lives",
    "local_weekday": "day of the week where the customer lives",
    "is_night": "before 6 o'clock where the customer lives",
    "seconds_since_previous": "since the card's payment before",
    "km_from_previous": "from the place of the card's payment before",
    "kmh_from_previous": "speed that the way from there takes",
    "km_from_home": "from the customer's home",
    "is_foreign": "the merchant's country is not the customer's",
    "is_usual_device": "online: the device is the customer's usual one",
    "account_age_days": "since the customer's account was opened",
    "channel": "in a shop, online or at a cash machine",
    "merchant_category": "what the merchant sells",
    "merchant_days_since_fraud": "since the merchant's newest fraud that was known by then",
}
_BY_PATTERN = (
    (r"amount_to_card_usual_(\w+)", "the amount in units of what the card usually paid in {}"),
    (
        r"largest_amount_to_card_usual_(\w+)",
        "the card's largest amount of the last {} in units of what it usually paid in 30 days",
    ),
    (r"card_usual_cents_(\w+)", "what the card usually paid in the last {}"),
    (
        r"merchant_mature_txn_count_(\w+)",
        "payments at the merchant in the {} before the last week, at the full hour before",
    ),
    (
        r"merchant_mature_fraud_rate_(\w+)",
        "share of them in the {} before the last week that was known to be fraud by then",
    ),
    (
        r"merchant_fraud_to_usual_(\w+)",
        "known frauds of the last {} there in units of what their cards usually paid",
    ),
    (r"amount_to_card_mean_(\w+)", "the amount in units of the card's mean of the last {}"),
    (r"card_txn_count_(\w+)", "payments of the card in the last {}, without this one"),
    (r"card_amount_cents_(\w+)", "their amounts together in the last {}"),
    (r"card_merchant_count_(\w+)", "different merchants of the card in the last {}"),
    (
        r"merchant_txn_count_(\w+)",
        "payments at the merchant in the last {}, at the full hour before",
    ),
    (
        r"merchant_fraud_rate_(\w+)",
        "share of them in the last {} that was known to be fraud by then",
    ),
)


def meaning_of(feature: str) -> str:
    """
    One line; the name in words if nobody has written one.

    :param feature: its name, for example ``card_amount_cents_24h``.
    """
    if feature in _BY_NAME:
        return _BY_NAME[feature]
    for pattern, text in _BY_PATTERN:
        found = re.fullmatch(pattern, feature)
        if found:
            return text.format(_WINDOWS.get(found[1], found[1]))
    return feature.replace("_", " ")
