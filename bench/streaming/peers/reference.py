"""Customers, merchants, merchants' risk and thresholds, read from Postgres when a peer starts."""

from bisect import bisect_right
from typing import Any

import psycopg

HOUR_MS = 3_600_000
# A payment asks for the newest full hour at least this long before it.
RISK_DELAY_MS = 600_000
RISK_COLUMNS = (
    "txn_count_1d", "txn_count_7d", "txn_count_28d",
    "fraud_rate_1d", "fraud_rate_7d", "fraud_rate_28d", "newest_fraud_ms",
    "mature_txn_count_1d", "mature_txn_count_7d", "mature_txn_count_28d",
    "mature_fraud_rate_1d", "mature_fraud_rate_7d", "mature_fraud_rate_28d", "fraud_to_usual_28d",
    "oldest_fraud_35d_ms",
)  # fmt: skip
CUSTOMER_COLUMNS = (
    "home_latitude", "home_longitude", "home_country", "utc_offset_minutes", "account_opened_ms",
    "usual_device_id",
)  # fmt: skip
NO_RISK = (None,) * len(RISK_COLUMNS)
NO_CUSTOMER = (None,) * len(CUSTOMER_COLUMNS)
NO_MERCHANT = (None, None)


class Reference:
    """Lookups by dictionary, never refreshed: a run is too short for changes to matter."""

    def __init__(self, postgres: str) -> None:
        """:param postgres: address of the database."""
        with psycopg.connect(postgres) as connection:
            self.customers: dict[str, tuple[Any, ...]] = {
                row[0]: row[1:]
                for row in connection.execute(
                    f"SELECT customer_id, {', '.join(CUSTOMER_COLUMNS)} FROM customers"
                )
            }
            self.merchants: dict[str, tuple[Any, ...]] = {
                row[0]: row[1:]
                for row in connection.execute(
                    "SELECT merchant_id, category, country FROM merchants"
                )
            }
            # By channel: version, review_score, block_score.
            self.policies: dict[str, tuple[int, float, float]] = {
                row[0]: row[1:]
                for row in connection.execute(
                    "SELECT channel, version, review_score, block_score FROM decision_policies"
                )
            }
            self._hours = {
                row[0] for row in connection.execute("SELECT hour_ms FROM merchant_risk_hours")
            }
            self._risk: dict[str, tuple[list[int], list[tuple[Any, ...]]]] = {}
            for merchant, begin, *values in connection.execute(
                f"SELECT merchant_id, valid_from_ms, valid_to_ms, {', '.join(RISK_COLUMNS)} "
                "FROM merchant_risk ORDER BY merchant_id, valid_from_ms"
            ):
                begins, rows = self._risk.setdefault(merchant, ([], []))
                begins.append(begin)
                rows.append(tuple(values))

    def risk(self, merchant_id: str, event_ms: int) -> tuple[Any, ...]:
        """What was known of a merchant at the hour that a payment asks for: `RISK_COLUMNS`."""
        asked_ms = event_ms - RISK_DELAY_MS
        hour_ms = asked_ms - asked_ms % HOUR_MS
        found = self._risk.get(merchant_id)
        if found is None or hour_ms not in self._hours:
            return NO_RISK
        begins, rows = found
        position = bisect_right(begins, hour_ms) - 1
        if position < 0 or hour_ms >= rows[position][0]:
            return NO_RISK
        return rows[position][1:]
