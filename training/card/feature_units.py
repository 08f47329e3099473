"""What a feature's numbers mean, read off its name: names carry their units."""

from training.errors import TrainingError

_BY_NAME = {
    "channel": "text",
    "merchant_category": "text",
    "local_hour": "hour, 0 to 23",
    "local_weekday": "day, 0 is Monday",
    "came_behind_ms": "milliseconds",
}
_BY_PART = (
    ("amount_to_", "ratio"),
    ("fraud_to_", "ratio"),
    ("_cents", "cents"),
    ("_count_", "count"),
    ("_rate_", "share, 0 to 1"),
    ("seconds_", "seconds"),
    ("kmh_", "km/h"),
    ("km_", "km"),
    ("_days", "days"),
    ("is_", "0 or 1"),
)


def unit_of(feature: str) -> str:
    """
    The unit of a feature.

    :param feature: its name, for example ``card_amount_cents_24h``.
    :raises TrainingError: the name says no unit.
    """
    if feature in _BY_NAME:
        return _BY_NAME[feature]
    for part, unit in _BY_PART:
        if part in feature:
            return unit
    raise TrainingError(
        f"the name of feature {feature} says no unit",
        "name the unit (_cents, _count_, seconds_, km_, _days, is_), or add it to "
        "training/card/feature_units.py",
    )
