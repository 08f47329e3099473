"""The words of reasons. Terminal and dashboards show these and no others.

A reason states what was the case, with its value, in the same words whether it speaks for fraud or
against it: what the model makes of it is said by where it stands.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flink_jobs.feature_registry import FeatureEntry, window_of

Values = Mapping[str, Any]
Words = Callable[[Values, str], str]

# A table's cell shows one line.
LONGEST = 60
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHANNELS = {"pos": "in a shop", "online": "online", "atm": "at a cash machine"}


def words_for(feature: str, values: Values, entry: FeatureEntry | None) -> str:
    """
    What a payment's value of a feature means.

    :param feature: its name.
    :param values: the payment's features and fields, as its alert has them.
    :param entry: of the registry; None for a feature that the SQL no longer has.
    :return: one line of at most `LONGEST` characters.
    """
    for pattern, words in _WORDS:
        found = re.fullmatch(pattern, feature)
        if found:
            return words(values, found[1] if found.groups() else "")[:LONGEST]
    return _plainly(feature, values, entry)[:LONGEST]


def money(cents: float, values: Values) -> str:
    """An amount in the payment's currency."""
    return f"{cents / 100:,.2f} {values.get('currency') or ''}".rstrip()


def duration(seconds: float) -> str:
    """A span of time, roughly."""
    if seconds < 120:
        return f"{seconds:,.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:,.0f} min"
    if seconds < 2 * 86400:
        return f"{seconds / 3600:,.0f} h"
    return f"{seconds / 86400:,.0f} days"


def _window(suffix: str) -> str:
    return window_of(f"_{suffix}") or suffix


def _ratio(values: Values, suffix: str) -> str:
    ratio = values.get(f"amount_to_card_mean_{suffix}")
    if ratio is None:
        return f"nothing in {_window(suffix)} to compare the amount with"
    return f"{_times(ratio)} the card's mean of {_window(suffix)}"


def _to_usual(values: Values, suffix: str) -> str:
    ratio = values.get(f"amount_to_card_usual_{suffix}")
    if ratio is None:
        return f"nothing in {_window(suffix)} to compare the amount with"
    return f"{_times(ratio)} what the card usually pays"


def _largest(values: Values, suffix: str) -> str:
    ratio = values.get(f"largest_amount_to_card_usual_{suffix}")
    if ratio is None:
        return "what the card usually pays is unknown"
    return f"largest in {_window(suffix)}: {_times(ratio)} what the card usually pays"


def _usual(values: Values, _: str) -> str:
    cents = values.get("card_usual_cents_30d")
    if cents is None:
        return "what the card usually pays is unknown"
    return f"the card usually pays {money(cents, values)}"


def _times(ratio: float) -> str:
    """A ratio in words: 12 times, 1.4 times, 30% of."""
    if ratio < 0.95:
        return f"{ratio:.0%} of"
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _amount(values: Values, _: str) -> str:
    return f"an amount of {money(values['amount_cents'], values)}"


def _payments(values: Values, suffix: str) -> str:
    count = values.get(f"card_txn_count_{suffix}")
    if count is None:
        return f"the card's payments of {_window(suffix)} are unknown"
    if count == 0:
        return f"the card's only payment within {_window(suffix)}"
    text = f"{count + 1:,.0f} payments within {_window(suffix)}"
    merchants = values.get(f"card_merchant_count_{suffix}")
    if merchants and merchants > 1:
        text += f" at {merchants:,.0f} merchants"
    return text


def _spent(values: Values, suffix: str) -> str:
    cents = values.get(f"card_amount_cents_{suffix}")
    if cents is None:
        return f"what the card paid in {_window(suffix)} is unknown"
    if not values.get(f"card_txn_count_{suffix}"):
        return f"nothing else paid within {_window(suffix)}"
    return f"{money(cents, values)} paid before within {_window(suffix)}"


def _since_previous(values: Values, _: str) -> str:
    seconds = values.get("seconds_since_previous")
    if seconds is None:
        return "no payment of the card in the 7 days before"
    return f"{duration(seconds)} after the previous payment"


def _travel(values: Values, _: str) -> str:
    km, seconds = values.get("km_from_previous"), values.get("seconds_since_previous")
    if km is None:
        return "no place of a previous payment to compare with"
    text = f"{km:,.0f} km from the previous payment"
    return text if seconds is None else f"{text}, {duration(seconds)} earlier"


def _from_home(values: Values, _: str) -> str:
    km = values.get("km_from_home")
    return "no known distance from home" if km is None else f"{km:,.0f} km from home"


def _abroad(values: Values, _: str) -> str:
    is_foreign = values.get("is_foreign")
    if is_foreign is None:
        return "unknown whether the merchant is abroad"
    country = values.get("merchant_country")
    where = f" ({country})" if country else ""
    return f"a merchant {'abroad' if is_foreign else 'in the home country'}{where}"


def _device(values: Values, _: str) -> str:
    is_usual = values.get("is_usual_device")
    if is_usual is None:
        return "no device to compare with the usual one"
    return "the usual device" if is_usual else "a device that is not the usual one"


def _local_time(values: Values, _: str) -> str:
    hour, day = values.get("local_hour"), values.get("local_weekday")
    if hour is None:
        return "the time where the customer lives is unknown"
    text = f"{int(hour):02d}:00 to {int(hour):02d}:59"
    if day is not None:
        text += f" on a {_DAYS[int(day)]}"
    return f"{text} where the customer lives"


def _merchants_payments(values: Values, suffix: str) -> str:
    count = values.get(f"merchant_txn_count_{suffix}")
    if count is None:
        return "nothing known of the merchant's payments"
    return f"{count:,.0f} payments at the merchant in {_window(suffix)}"


def _merchants_fraud(values: Values, suffix: str) -> str:
    rate = values.get(f"merchant_fraud_rate_{suffix}")
    if rate is None:
        return "no known share of fraud at the merchant"
    return f"{rate:.1%} known fraud at the merchant in {_window(suffix)}"


def _mature_payments(values: Values, suffix: str) -> str:
    count = values.get(f"merchant_mature_txn_count_{suffix}")
    if count is None:
        return "nothing known of the merchant's payments"
    return f"{count:,.0f} payments at the merchant a week ago, in {_window(suffix)}"


def _mature_fraud(values: Values, suffix: str) -> str:
    rate = values.get(f"merchant_mature_fraud_rate_{suffix}")
    if rate is None:
        return "no known share of fraud at the merchant"
    return f"{rate:.1%} fraud at the merchant a week ago, in {_window(suffix)}"


def _fraud_to_usual(values: Values, suffix: str) -> str:
    ratio = values.get(f"merchant_fraud_to_usual_{suffix}")
    if ratio is None:
        return "no fraud known at the merchant"
    return f"frauds there are {_times(ratio)} what their cards usually pay"


def _since_fraud(values: Values, _: str) -> str:
    days = values.get("merchant_days_since_fraud")
    if days is None:
        return "no fraud known at the merchant"
    return f"known fraud at the merchant {days:,.0f} days ago"


def _kind(values: Values, _: str) -> str:
    category = str(values.get("merchant_category") or "an unknown kind of merchant")
    channel = values.get("channel")
    return f"{category.replace('_', ' ')}, {_CHANNELS.get(str(channel), str(channel))}"


def _account(values: Values, _: str) -> str:
    days = values.get("account_age_days")
    if days is None:
        return "an account of unknown age"
    age = f"{days / 365:,.0f} years" if days >= 730 else f"{days:,.0f} days"
    return f"an account opened {age} ago"


def _behind(values: Values, _: str) -> str:
    behind_ms = values.get("came_behind_ms")
    if not behind_ms:
        return "the payment came in order"
    return f"the payment came {duration(behind_ms / 1000)} behind a later one"


def _plainly(feature: str, values: Values, entry: FeatureEntry | None) -> str:
    """Of a feature that has no entry in `_WORDS`."""
    value = values.get(feature)
    if value is None:
        shown = "unknown"
    elif isinstance(value, str):
        shown = value
    else:
        shown = f"{value:,.4g}"
        if entry and " " not in entry.unit and entry.unit not in ("count", "ratio", "text"):
            shown += f" {entry.unit}"
    return f"{feature.replace('_', ' ')}: {shown}"


_WORDS: tuple[tuple[str, Words], ...] = (
    (r"amount_to_card_mean_(\w+)", _ratio),
    (r"amount_to_card_usual_(\w+)", _to_usual),
    (r"largest_amount_to_card_usual_(\w+)", _largest),
    (r"card_usual_cents_\w+", _usual),
    (r"amount_cents", _amount),
    (r"card_(?:txn|merchant)_count_(\w+)", _payments),
    (r"card_amount_cents_(\w+)", _spent),
    (r"seconds_since_previous", _since_previous),
    (r"kmh?_from_previous", _travel),
    (r"km_from_home", _from_home),
    (r"is_foreign", _abroad),
    (r"is_usual_device", _device),
    (r"local_hour|local_weekday|is_night", _local_time),
    (r"merchant_txn_count_(\w+)", _merchants_payments),
    (r"merchant_fraud_rate_(\w+)", _merchants_fraud),
    (r"merchant_mature_txn_count_(\w+)", _mature_payments),
    (r"merchant_mature_fraud_rate_(\w+)", _mature_fraud),
    (r"merchant_fraud_to_usual_(\w+)", _fraud_to_usual),
    (r"merchant_days_since_fraud", _since_fraud),
    (r"channel|merchant_category", _kind),
    (r"account_age_days", _account),
    (r"came_behind_ms", _behind),
)
