"""What a rule would have done to stored payments: hits, known frauds, money, overlap."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from swipestream.database.queries import query
from swipestream.rules.condition_sql import rule_sql
from swipestream.rules.tables import rules_now
from training.decide.decision_costs import DecisionCosts
from training.measure.intervals import Interval, interval
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, read_bundle, read_pointer
from udfs.rule_set import OFF, Rule, RuleColumns

RESAMPLES = 500
SEED = 7
# Of the cards with a hit; with fewer, an interval says nothing.
FEWEST_CARDS = 5
HITS = """
WITH rule_hits AS (
    SELECT payments.*
    FROM scored_payments AS payments
    WHERE payments.event_time >= %(since)s AND {fires}
)"""
PERIOD = """
SELECT COUNT(*) AS payments, MIN(event_time) AS first_at, MAX(event_time) AS last_at
FROM scored_payments
WHERE event_time >= %(since)s
"""


@dataclass(frozen=True)
class Overlap:
    """
    Payments for which two rules fire.

    :param name: of the other rule.
    :param state: of the other rule.
    """

    name: str
    state: str
    both: int


@dataclass(frozen=True)
class Preview:
    """
    What a rule would have done.

    :param payments: stored ones of the period.
    :param days: from the period's beginning, or the first stored payment of it, to the last one.
    :param hits: payments that it fires for, of so many cards.
    :param frauds: of the hits, those that are known to be fraud.
    :param open: of the hits, those that may still become one: without a label, and too young.
    :param mature: hits whose label would have come by now, and the frauds among them.
    :param precision: share of the mature hits that is fraud; its interval draws whole cards. None
        without enough of them.
    :param caught_cents: amounts of the known frauds.
    :param insults: genuine hits, as far as is known.
    :param insult_cents: what they cost if the rule's action is taken, by the champion's costs.
    :param model_hits: of the hits, those that the score alone sends to review or block by the
        policy of now; and the frauds, and their amounts, among these.
    :param overlaps: with each other rule that is not off.
    """

    rule: str
    action: str
    since: datetime
    payments: int
    days: float
    hits: int
    cards: int
    frauds: int
    open: int
    mature: int
    mature_frauds: int
    precision: Interval | None
    caught_cents: int
    insults: int
    insult_cents: float
    model_hits: int
    model_frauds: int
    model_caught_cents: int
    overlaps: tuple[Overlap, ...]


def preview(
    connection: psycopg.Connection[Any],
    rule: Rule,
    columns: RuleColumns,
    models_dir: Path,
    since: datetime,
    mature_days: int = 21,
) -> Preview:
    """
    Try a rule on stored payments; changes nothing.

    :param connection: in autocommit mode.
    :param rule: checked.
    :param columns: what it may look at.
    :param models_dir: holds the champion, whose costs count.
    :param since: UTC; payments with an event time from then on.
    :param mature_days: a payment this old without a label counts as genuine.
    """
    parameters = {
        "since": since.replace(tzinfo=None),
        "mature_until": (datetime.now(UTC) - timedelta(days=mature_days)).replace(tzinfo=None),
    }
    others = [
        other
        for other in rules_now(connection).rules
        # Of a column that the SQL no longer has, `swipestream doctor` tells.
        if other.name != rule.name and other.state != OFF and other.columns <= set(columns.names)
    ]
    before = HITS.format(fires=_quoted(rule_sql(rule, columns)))
    by_card = query("rule_preview").decode().replace("WITH ", ",\n\n", 1)
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        period = cursor.execute(PERIOD, parameters).fetchone()  # type: ignore[arg-type]
        rows = cursor.execute(f"{before}{by_card}", parameters).fetchall()  # type: ignore[arg-type]
        overlaps = _overlaps(cursor, before, parameters, others, columns)
    assert period is not None
    count: Counter[str] = Counter()
    for row in rows:
        count.update({name: value for name, value in row.items() if name != "card_id"})
    insults = count["hit_count"] - count["fraud_count"] - count["open_count"]
    return Preview(
        rule=rule.name,
        action=rule.action,
        since=since,
        payments=period["payments"],
        days=_days(since, period),
        hits=count["hit_count"],
        cards=len(rows),
        frauds=count["fraud_count"],
        open=count["open_count"],
        mature=count["mature_count"],
        mature_frauds=count["mature_fraud_count"],
        precision=precision(
            np.array([row["mature_count"] for row in rows], dtype=np.float64),
            np.array([row["mature_fraud_count"] for row in rows], dtype=np.float64),
        ),
        caught_cents=count["fraud_cents"],
        insults=insults,
        insult_cents=insult_cost(rule.action, costs(models_dir), count["hit_count"], insults),
        model_hits=count["model_count"],
        model_frauds=count["model_fraud_count"],
        model_caught_cents=count["model_fraud_cents"],
        overlaps=overlaps,
    )


def precision(mature: np.ndarray[Any, Any], frauds: np.ndarray[Any, Any]) -> Interval | None:
    """
    The share of hits that is fraud.

    :param mature: hits of each card, shape (n,).
    :param frauds: the frauds among them, shape (n,).
    :return: None with hits of fewer than `FEWEST_CARDS` cards.
    """
    if np.count_nonzero(mature) < FEWEST_CARDS:
        return None

    def share(weights: np.ndarray[Any, Any] | None) -> float:
        drawn = np.ones(len(mature)) if weights is None else weights
        total = float(drawn @ mature)
        return float(drawn @ frauds) / total if total else math.nan

    return interval(share, np.arange(len(mature)), SEED, RESAMPLES)


def costs(models_dir: Path) -> DecisionCosts:
    """What decisions cost, as the champion was trained for; without one, what `train` assumes."""
    try:
        version = read_pointer(models_dir, CHAMPION)
        found = read_bundle(models_dir / version).manifest.get("costs") if version else None
    except BundleError:
        found = None
    return DecisionCosts(**found) if found else DecisionCosts()


def insult_cost(action: str, cost: DecisionCosts, hits: int, insults: int) -> float:
    """
    What a rule's hits cost beside fraud.

    :param hits: all of them; a review is paid for each.
    :param insults: those that are genuine.
    :return: cents; a rule that allows insults nobody.
    """
    if action == "block":
        return cost.block_insult_cents * insults
    if action == "review":
        return cost.review_cents * hits + cost.review_insult_cents * insults
    return 0.0


def as_object(found: Preview) -> dict[str, Any]:
    """For scripts."""
    return asdict(found) | {"since": found.since.isoformat()}


def _overlaps(
    cursor: "psycopg.Cursor[dict[str, Any]]",
    before: str,
    parameters: Mapping[str, Any],
    others: list[Rule],
    columns: RuleColumns,
) -> tuple[Overlap, ...]:
    if not others:
        return ()
    parts = [
        f"COUNT(*) FILTER (WHERE {_quoted(rule_sql(other, columns))}) AS {other.name}"
        for other in others
    ]
    statement = f"{before}\nSELECT {', '.join(parts)} FROM rule_hits AS payments"
    row = cursor.execute(statement, parameters).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return tuple(Overlap(other.name, other.state, row[other.name]) for other in others)


def _quoted(text: str) -> str:
    """SQL beside parameters: `%` begins one."""
    return text.replace("%", "%%")


def _days(since: datetime, period: Mapping[str, Any]) -> float:
    if period["first_at"] is None:
        return 0.0
    first = max(period["first_at"], since.replace(tzinfo=None))
    return float((period["last_at"] - first).total_seconds() / 86_400)
