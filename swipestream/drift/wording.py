"""Readings and firings in words."""

from swipestream.drift.readings import BinNames, Reading

INDEXES = ("feature", "scores", "features together")
RATES = ("precision", "recall")


def name_of(reading: Reading) -> str:
    """What a reading is of, such as "is_usual_device" or "alert rate"."""
    return reading.subject or reading.signal


def shown(reading: Reading, value: float | None) -> str:
    """A value or limit of a reading as text; empty if there is none."""
    if value is None:
        return ""
    if reading.signal in INDEXES:
        return f"{value:.3f}"
    return f"{value:,.0f}" if reading.signal == "reviews" else f"{value:.2%}"


def described(reading: Reading, names: BinNames) -> str:
    """One line on a reading that is beyond its limit."""
    name, value = name_of(reading), shown(reading, reading.value)
    if reading.signal in INDEXES:
        moved = names.moved(reading)
        what = f"; most of all {moved}" if moved else ""
        limit = shown(reading, reading.limit)
        return f"{name}: stability index {value}, usual is up to {limit}{what}"
    expected = shown(reading, reading.expected)
    if reading.signal in RATES:
        return f"{name}: at most {value} by the labels that have come, {expected} when tested"
    if reading.signal == "reviews":
        return f"reviews: {value} a day, there is capacity for {expected}"
    return f"{name}: {value}, usual is {expected}"
