"""An alert as a sentence or two that a person can act on."""

from datetime import datetime
from typing import Any

Row = dict[str, Any]

NOT_EXPLAINED = "not explained"


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
        + f", card ...{alert['card_last4'] or '????'}; "
        + (alert["reasons"] or NOT_EXPLAINED)
    )
