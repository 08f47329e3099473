"""The figures of a backtest: in all, by week, by channel and by day, from the decided payments."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.backtest.card_draws import RESAMPLES, Intervals, intervals
from training.backtest.history import files, opened
from training.data.feature_sql import SQL_ROOT, run_files
from training.decide.decision_costs import DecisionCosts
from training.decide.decision_curve import DecisionCurve, Expected
from training.measure.intervals import Interval
from training.measure.prequential import DAY_MS
from training.measure.ranking import Ranking

FILES = tuple(
    SQL_ROOT / f"backtest/{name}.sql"
    for name in ("measured_payments", "channel_days", "card_weeks", "card_counts", "rule_hits")
)
SUMS = ("alert_count", "found_count", "fraud_count", "saved_cents")
CURVE_POINTS = 40
RECALL_POINTS = 200


@dataclass(frozen=True)
class Figures:
    """
    What decisions did to some of the payments.

    :param name: of the week (its first day) or channel; empty for all of them.
    :param days: that the payments span.
    :param found: frauds that were alerts.
    :param fraud_cents: all fraud that happened.
    :param lost_cents: fraud not stopped.
    :param review_cents: the analysts' work.
    :param insult_cents: genuine customers that waited for a review or were refused.
    :param sure: intervals; None if no payment is known to be fraud.
    """

    name: str
    days: float
    payments: int
    cards: int
    reviews: int
    blocks: int
    frauds: int
    found: int
    genuine_reviews: int
    genuine_blocks: int
    fraud_cents: float
    lost_cents: float
    review_cents: float
    insult_cents: float
    sure: Intervals | None

    @property
    def alerts(self) -> int:
        """Payments that were not approved."""
        return self.reviews + self.blocks

    @property
    def cost_cents(self) -> float:
        """Fraud not stopped, work, and customers annoyed."""
        return self.lost_cents + self.review_cents + self.insult_cents

    @property
    def saved_cents(self) -> float:
        """What approving everything would have cost more."""
        return self.fraud_cents - self.cost_cents

    def to_json(self) -> dict[str, Any]:
        """Numbers and intervals by name; what is unknown is null."""
        found = {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if name not in ("name", "sure")
        }
        return {
            **found,
            "alerts_a_day": self.alerts / self.days,
            "reviews_a_day": self.reviews / self.days,
            "cost_cents": self.cost_cents,
            **{
                name: interval_json(getattr(self.sure, name)) if self.sure else None
                for name in ("precision", "recall", "saved_cents")
            },
        }


@dataclass(frozen=True)
class Day:
    """
    Alerts of a day.

    :param day_ms: its beginning, UTC epoch milliseconds.
    """

    day_ms: int
    payments: int
    reviews: int
    blocks: int
    frauds: int


@dataclass(frozen=True)
class RuleHits:
    """
    Measured payments that a rule fired for.

    :param new: of these, those that the score alone approves.
    """

    rule: str
    hits: int
    cards: int
    frauds: int
    fraud_cents: int
    new: int
    new_frauds: int
    new_fraud_cents: int


@dataclass(frozen=True)
class CurvePoint:
    """Other thresholds for the same scores: the cheapest with at most so many reviews a day."""

    reviews_a_day: float
    expected: Expected


@dataclass(frozen=True)
class Ranked:
    """
    What the scores alone can do; the thresholds of the curve are chosen with hindsight.

    :param recall: of falling thresholds, in [0, 1], shape (k,); `precision` of the same.
    """

    average_precision: float
    recall: np.ndarray
    precision: np.ndarray
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class AllFigures:
    """Figures of the measured payments, their weeks, channels, days and the rules that fired."""

    total: Figures
    weeks: tuple[Figures, ...]
    channels: tuple[Figures, ...]
    days: tuple[Day, ...]
    ranked: Ranked | None
    rules: tuple[RuleHits, ...]


def all_figures(
    decided: Path,
    folder: Path,
    span: tuple[int, int],
    costs: DecisionCosts,
    seed: int,
    has_frauds: bool,
) -> AllFigures:
    """
    Sum up decided payments.

    :param decided: folder of Parquet files as `deciding.decided` makes them.
    :param folder: for what does not fit into memory.
    :param span: of the payments to measure, UTC epoch milliseconds.
    :param has_frauds: some payment is known to be fraud; else only alerts can be counted.
    """
    with opened(folder) as connection:
        files(connection, decided).create_view("decided_rows")
        connection.execute(
            "CREATE TABLE measured_span AS SELECT ? AS from_ms, ? AS to_ms", list(span)
        )
        run_files(connection, FILES)
        sums, cards, counts = (
            connection.view(name).to_arrow_table().to_pandas()
            for name in ("channel_days", "card_weeks", "card_counts")
        )
        rules = tuple(
            RuleHits(str(name), *map(int, counted))
            for name, *counted in connection.view("rule_hits").fetchall()
        )
        ranked = None
        if has_frauds and sums["fraud_count"].sum():
            columns = connection.view("measured_payments").project("label, score, amount_cents")
            found = columns.to_arrow_table().to_pandas()
            ranked = _ranked(found, costs, (span[1] - span[0]) / DAY_MS)
    cards["card"] = pd.factorize(cards["card_id"])[0]
    is_total = counts["week_ms"].isna() & counts["channel"].isna()

    def figures(name: str, days: float, which: Sequence[Any]) -> Figures:
        rows, drawn, count = which
        chosen, cards_of_it = sums[rows], int(counts.loc[count, "card_count"].sum())
        by_card = cards[drawn].groupby("card")[list(SUMS)].sum().to_numpy(dtype=np.float64)
        sure = intervals(by_card, cards_of_it, seed, RESAMPLES) if ranked else None
        return _figures(name, days, chosen, cards_of_it, sure)

    weeks = []
    for week_ms in sorted(sums["week_ms"].unique()):
        begin, end = max(span[0], week_ms), min(span[1], week_ms + 7 * DAY_MS)
        name = str(pd.Timestamp(int(begin), unit="ms").date())
        of_week = [table["week_ms"] == week_ms for table in (sums, cards, counts)]
        weeks.append(figures(name, (end - begin) / DAY_MS, of_week))
    whole = (span[1] - span[0]) / DAY_MS
    channels = [
        figures(str(name), whole, [table["channel"] == name for table in (sums, cards, counts)])
        for name in sorted(sums["channel"].unique())
    ]
    everything = [np.ones(len(table), dtype=bool) for table in (sums, cards)]
    return AllFigures(
        total=figures("", whole, [*everything, is_total]),
        weeks=tuple(weeks),
        channels=tuple(channels),
        days=_days(sums),
        ranked=ranked,
        rules=rules,
    )


def interval_json(found: Interval) -> dict[str, float | None]:
    """Value, low and high; null where it could not be measured."""
    return {
        name: None if math.isnan(value) else value
        for name, value in (("value", found.value), ("low", found.low), ("high", found.high))
    }


def _figures(
    name: str, days: float, sums: pd.DataFrame, cards: int, sure: Intervals | None
) -> Figures:
    def count(column: str) -> int:
        return int(sums[f"{column}_count"].sum())

    return Figures(
        name=name,
        days=days,
        payments=count("payment"),
        cards=cards,
        reviews=count("review"),
        blocks=count("block"),
        frauds=count("fraud"),
        found=count("found"),
        genuine_reviews=count("genuine_review"),
        genuine_blocks=count("genuine_block"),
        **{
            f"{part}_cents": float(sums[f"{part}_cents"].sum())
            for part in ("fraud", "lost", "review", "insult")
        },
        sure=sure,
    )


def _days(sums: pd.DataFrame) -> tuple[Day, ...]:
    names = ["payment_count", "review_count", "block_count", "fraud_count"]
    by_day = sums.groupby("day_ms")[names].sum().sort_index()
    return tuple(
        Day(int(day_ms), *map(int, row))
        for day_ms, row in zip(by_day.index, by_day.to_numpy(), strict=True)
    )


def _ranked(payments: pd.DataFrame, costs: DecisionCosts, days: float) -> Ranked:
    label = payments["label"].to_numpy()
    scores = payments["score"].to_numpy()
    part = (scores, label, payments["amount_cents"].to_numpy(), days)
    curve = DecisionCurve.of(part, part)
    points = []
    for limit in curve.limits(costs, CURVE_POINTS):
        pair = curve.choose(dataclasses.replace(costs, reviews_per_day=limit))
        points.append(CurvePoint(limit, curve.expected(pair, costs, curve.test)))
    recall, precision = precision_by_recall(label, scores)
    return Ranked(
        average_precision=Ranking(label, scores).average_precision(),
        recall=recall,
        precision=precision,
        curve=tuple(points),
    )


def precision_by_recall(label: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Precision at each of a few hundred recalls, enough for a picture.

    :param label: 1 for fraud, shape (n,); there is at least one.
    :param scores: higher is more suspect, shape (n,).
    :return: recall, rising, and precision, shape (k,).
    """
    order = np.argsort(-scores, kind="stable")
    frauds = np.cumsum(label[order] == 1)
    # A threshold cannot part equal scores.
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    recall, precision = frauds[ends] / frauds[-1], frauds[ends] / (ends + 1)
    wanted: Sequence[int] = np.unique(
        np.searchsorted(recall, np.linspace(0, 1, RECALL_POINTS)).clip(0, len(ends) - 1)
    ).tolist()
    return recall[wanted], precision[wanted]
