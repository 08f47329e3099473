"""An alert as a sentence or two that a person can act on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

Row = dict[str, Any]

# What speaks for fraud, most telling first: when it applies, and how to say it.
SIGNS: tuple[tuple[Callable[[Row], bool], Callable[[Row], str]], ...] = (
    (
        lambda a: (a["kmh_from_previous"] or 0) > 900 and (a["km_from_previous"] or 0) > 100,
        lambda a: (
            f"{a['km_from_previous']:,.0f} km from the previous payment, "
            f"{duration(a['seconds_since_previous'])} earlier"
        ),
    ),
    (
        lambda a: (a["card_txn_count_5m"] or 0) >= 2,
        lambda a: (
            f"{a['card_txn_count_5m'] + 1} payments within 5 minutes"
            + (
                f" at {a['card_merchant_count_5m']} merchants"
                if a["card_merchant_count_5m"] > 1
                else ""
            )
        ),
    ),
    (
        lambda a: (a["amount_to_card_mean_7d"] or 0) >= 3,
        lambda a: f"{a['amount_to_card_mean_7d']:.0f} times the card's mean of the week",
    ),
    (lambda a: a["is_usual_device"] == 0, lambda a: "a device that is not the usual one"),
    (
        lambda a: a["is_foreign"] == 1 and (a["km_from_home"] or 0) > 100,
        lambda a: f"{a['km_from_home']:,.0f} km from home in {a['home_city'] or 'unknown'}",
    ),
    (lambda a: a["is_foreign"] == 1, lambda a: "a merchant abroad"),
    (lambda a: a["is_night"] == 1, lambda a: "at night where the customer lives"),
    (
        lambda a: (a["card_txn_count_24h"] or 0) >= 3,
        lambda a: f"{a['card_txn_count_24h'] + 1} payments within a day",
    ),
)
MAX_SIGNS = 3


def alert_text(alert: Row) -> str:
    """
    One alert in words.

    :param alert: a row of sql/postgres/queries/alert_details.sql.
    """
    time = alert["event_time"]
    at = time.strftime("%H:%M:%S") if isinstance(time, datetime) else str(time)
    score = "no score" if alert["score"] is None else f"score {alert['score']:.2f}"
    where = ", ".join(filter(None, [alert["merchant_city"], alert["merchant_country"]]))
    merchant = alert["merchant_name"] or "an unknown merchant"
    how = {"online": "online at", "atm": "cash at"}.get(alert["channel"], "at")
    category = f" ({alert['merchant_category']})" if alert["merchant_category"] else ""
    return (
        f"{at} {alert['decision'].upper()} {score}: {alert['amount_cents'] / 100:,.2f} "
        f"{alert['currency']} {how} {merchant}{category}"
        + (f" in {where}" if where else "")
        + f", card ...{alert['card_last4'] or '????'}; {reasons(alert)}"
    )


def reasons(alert: Row) -> str:
    """What stands out about it, most telling first."""
    said = [say(alert) for applies, say in SIGNS if applies(alert)]
    return "; ".join(said[:MAX_SIGNS]) or "nothing single stands out, the whole pattern does"


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
