"""Merchant risk worked out hour by hour in Python: no running sum and no SQL window is involved."""

import math
import random
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from swipestream.followers.merchant_risk import SNAPSHOTS, text_of

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BEGIN_MS = 1_893_456_000_000
WINDOWS_DAYS = (1, 7, 28)
# From this age on most labels of a payment have come.
MATURE_DAYS = 7
RECENT = (
    *("txn_count_1d", "txn_count_7d", "txn_count_28d"),
    *("fraud_rate_1d", "fraud_rate_7d", "fraud_rate_28d", "newest_fraud_ms"),
)
COLUMNS = (
    *RECENT,
    *("mature_txn_count_1d", "mature_txn_count_7d", "mature_txn_count_28d"),
    *("mature_fraud_rate_1d", "mature_fraud_rate_7d", "mature_fraud_rate_28d"),
    *("fraud_to_usual_28d", "oldest_fraud_35d_ms"),
)

Risk = tuple[int | float | None, ...]


class Paid(NamedTuple):
    """
    A payment as far as merchant risk is concerned.

    :param to_usual: its amount in units of what its card usually pays; None if that is unknown.
    """

    transaction_id: str
    merchant_id: str
    event_ms: int
    to_usual: float | None = None


class Said(NamedTuple):
    """A label."""

    transaction_id: str
    labelled_ms: int
    source: str
    is_fraud: bool


@dataclass(frozen=True)
class History:
    """Payments and their labels, early or late, one or several each."""

    payments: Sequence[Paid]
    labels: Sequence[Said]


def history(seed: int = 1, payments: int = 400, days: int = 40) -> History:
    """Random payments at few merchants, many of them at full hours, and labels that contradict."""
    draws = random.Random(seed)
    paid = [
        Paid(
            f"p{number}",
            f"m{draws.randrange(5)}",
            moment(draws, BEGIN_MS, BEGIN_MS + days * DAY_MS),
            draws.choice([None, 0.5, 3.25, 12.0, draws.uniform(0, 11)]),
        )
        for number in range(payments)
    ]
    said = [
        Said(
            payment.transaction_id,
            moment(draws, payment.event_ms, payment.event_ms + draws.choice([2, 10, 100]) * DAY_MS),
            f"source{number}",
            draws.random() < 0.7,
        )
        for payment in paid
        if draws.random() < 0.4
        for number in range(draws.choice([1, 1, 1, 2, 3]))
    ]
    # The same moment said by two.
    said += [
        label._replace(source="other", is_fraud=not label.is_fraud)
        for label in said
        if draws.random() < 0.1
    ]
    return History(paid, said)


def moment(draws: random.Random, begin_ms: int, end_ms: int) -> int:
    """Somewhere between the two; one in four at a full hour, where the edges are."""
    at_ms = draws.randrange(begin_ms, end_ms)
    return -(-at_ms // HOUR_MS) * HOUR_MS if draws.random() < 0.25 else at_ms


def risk_by_hand(events: History, merchant_id: str, hour_ms: int) -> Risk | None:
    """
    What was known of a merchant at a full hour.

    :return: in the order of `COLUMNS`; None if it had no payment by then.
    """
    paid = [p for p in events.payments if p.merchant_id == merchant_id and p.event_ms <= hour_ms]
    if not paid:
        return None
    known = {p.transaction_id for p in paid if is_known_fraud(events, p.transaction_id, hour_ms)}
    recent, mature = (counted(paid, known, hour_ms - days * DAY_MS) for days in (0, MATURE_DAYS))
    newest = max((p.event_ms for p in paid if p.transaction_id in known), default=None)
    if newest is not None and newest <= hour_ms - 90 * DAY_MS:
        newest = None
    month = [p for p in paid if p.event_ms > hour_ms - 28 * DAY_MS]
    oldest = min(
        (p.event_ms for p in paid if p.transaction_id in known and is_of_35_days(p, hour_ms)),
        default=None,
    )
    frauds = [p for p in month if p.transaction_id in known]
    return (*recent, newest, *mature, to_usual(frauds), oldest)


def is_of_35_days(payment: Paid, hour_ms: int) -> bool:
    """Whether a payment is younger than that at a full hour; counts are of full hours too."""
    return -(-payment.event_ms // HOUR_MS) * HOUR_MS > hour_ms - 35 * DAY_MS


def to_usual(frauds: Iterable[Paid]) -> float | None:
    """The mean in whole percents, of at most 10 each."""
    percents = [math.floor(100 * min(p.to_usual, 10)) for p in frauds if p.to_usual is not None]
    return sum(percents) / len(percents) / 100 if percents else None


def counted(paid: Sequence[Paid], known: AbstractSet[str], end_ms: int) -> Risk:
    """
    Payments of each window, then the share of fraud in each.

    :param known: transaction ids of known frauds.
    :param end_ms: of the windows.
    """
    counts: list[int] = []
    rates: list[float | None] = []
    for days in WINDOWS_DAYS:
        within = [p for p in paid if end_ms - days * DAY_MS < p.event_ms <= end_ms]
        counts.append(len(within))
        frauds = sum(p.transaction_id in known for p in within)
        rates.append(frauds / len(within) if within else None)
    return (*counts, *rates)


def is_known_fraud(events: History, transaction_id: str, hour_ms: int) -> bool:
    """Whether the newest label by then says fraud, or one of equally new ones does."""
    said = [
        (label.labelled_ms, label.is_fraud)
        for label in events.labels
        if label.transaction_id == transaction_id and label.labelled_ms <= hour_ms
    ]
    return max(said)[1] if said else False


class SnapshotsInDuckdb:
    """The snapshots' SQL in DuckDB, over all of a history."""

    def __init__(self, events: History) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET integer_division = true")
        self._connection.execute("CREATE TABLE hourly_payments (merchant_id text, hour_ms bigint, "
                                 "payment_count bigint)")  # fmt: skip
        self._connection.execute("CREATE TABLE label_events (merchant_id text, event_ms bigint, "
            "transaction_id text, card_id text, is_fraud boolean, labelled_ms bigint, "
            "amount_to_card_usual double)")  # fmt: skip
        counts: dict[tuple[str, int], int] = {}
        for paid in events.payments:
            hour_ms = -(-paid.event_ms // HOUR_MS) * HOUR_MS
            counts[paid.merchant_id, hour_ms] = counts.get((paid.merchant_id, hour_ms), 0) + 1
        self._connection.executemany(
            "INSERT INTO hourly_payments VALUES (?, ?, ?)",
            [(*key, count) for key, count in counts.items()],
        )
        by_id = {paid.transaction_id: paid for paid in events.payments}
        self._connection.executemany(
            "INSERT INTO label_events VALUES (?, ?, ?, 'c', ?, ?, ?)",
            [
                (
                    by_id[label.transaction_id].merchant_id,
                    by_id[label.transaction_id].event_ms,
                    label.transaction_id,
                    label.is_fraud,
                    label.labelled_ms,
                    by_id[label.transaction_id].to_usual,
                )
                for label in events.labels
            ],
        )
        self._connection.execute(
            "CREATE TABLE risk_range AS SELECT 0::bigint AS from_ms, 8000000000000000 AS to_ms"
        )
        self._connection.execute(f"CREATE TABLE merchant_risk AS {text_of(SNAPSHOTS)}")

    def at(self, merchant_id: str, hour_ms: int) -> Risk | None:
        """What was known of a merchant at a full hour, in the order of `COLUMNS`."""
        return self._connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM merchant_risk "
            "WHERE merchant_id = ? AND valid_from_ms <= ? AND ? < valid_to_ms",
            [merchant_id, hour_ms, hour_ms],
        ).fetchone()
