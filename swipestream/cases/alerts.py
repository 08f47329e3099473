"""Alerts and their reasons, for people at a terminal."""

from swipestream.cases.errors import UnknownPaymentError
from swipestream.cases.rows import Connection, Row, fetch_all, fetch_one
from swipestream.database.queries import query

APPROVED = "SELECT score FROM scored_payments WHERE transaction_id = %s LIMIT 1"


def newest_alerts(connection: Connection, limit: int, *, by_risk: bool = False) -> list[Row]:
    """
    The alerts of the last day.

    :param by_risk: the most money at risk first, instead of the newest.
    :return: rows of sql/postgres/queries/newest_alerts.sql.
    """
    return fetch_all(connection, query("newest_alerts"), {"most": limit, "by_risk": by_risk})


def explained_alerts(connection: Connection, transaction_id: str) -> list[Row]:
    """
    The alerts with a number and their reasons; several cards may have used it.

    :return: rows of sql/postgres/queries/explained_alerts.sql, at least one.
    :raises UnknownPaymentError: no alert has the number.
    """
    found = fetch_all(connection, query("explained_alerts"), {"transaction_id": transaction_id})
    if found:
        return found
    payment = fetch_one(connection, APPROVED, [transaction_id])
    if payment is None:
        raise UnknownPaymentError(
            f"no stored payment has the transaction id {transaction_id[:64]}",
            "see `swipestream alerts list`",
        )
    score = "no score" if payment["score"] is None else f"the score {payment['score']:.3f}"
    raise UnknownPaymentError(
        f"the payment {transaction_id[:64]} was approved with {score}",
        "only alerts have reasons: see `swipestream alerts list`",
    )
