"""A backtest as rows of text, for the terminal and for the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from training.backtest.figures import Figures
from training.backtest.run import Backtest
from training.backtest.spans import moment
from training.decide.decision_costs import DecisionCosts
from training.measure.intervals import Interval

HEADER = (
    *("", "payments", "frauds", "alerts a day", "alerts that are fraud", "frauds found"),
    *("fraud", "not stopped", "reviews", "annoyed", "saved"),
)
RULE_HEADER = (
    *("rule", "action", "state", "hits", "frauds", "the score approves", "of these fraud"),
    *("fraud of its hits", "that the score approves"),
)
UNKNOWN = "?"


@dataclass(frozen=True)
class Section:
    """
    Rows that belong together.

    :param rows: as many cells as `HEADER`.
    """

    rows: tuple[tuple[str, ...], ...]


def facts(found: Backtest) -> list[tuple[str, str]]:
    """What was tried on what, as pairs of a word and a line."""
    payments, labels, span = found.payments, found.labels, found.span
    rows = [
        (
            "history",
            f"{found.name}: {payments.rows:,} payments of {found.cards:,} cards, "
            f"{moment(payments.first_ms)} to {moment(payments.last_ms)}",
        ),
        ("measured", f"{moment(span.from_ms)} to {moment(span.to_ms)}, {span.days:.1f} days"),
        (
            "labels",
            f"{labels.count:,}, of which {labels.fraud_count:,} call a payment of it fraud",
        ),
        ("model", found.model),
        ("policy", f"{found.policy_name}{_thresholds(found)}"),
    ]
    if labels.fraud_count:
        rows.append(("costs", terms(found.costs)))
    return rows


def sections(found: Backtest) -> list[Section]:
    """All payments, then weeks, then channels."""
    figures = found.figures
    parts: tuple[tuple[str, Sequence[Figures]], ...] = (
        ("", [figures.total]),
        ("week from ", figures.weeks),
        ("", figures.channels),
    )
    return [
        Section(tuple(_row(f"{prefix}{item.name}" or "all", item) for item in items))
        for prefix, items in parts
    ]


def terms(costs: DecisionCosts) -> str:
    """What decisions cost, in a line."""
    return (
        f"a review {costs.review_cents / 100:,.2f}, a genuine customer that waits for it "
        f"{costs.review_insult_cents / 100:,.2f}, or is refused "
        f"{costs.block_insult_cents / 100:,.2f}; a review stops {costs.caught_in_review:.0%} of "
        "the frauds"
    )


def money(cents: float) -> str:
    """Whole units of the currency."""
    return f"{cents / 100:,.0f}"


def share(found: Interval) -> str:
    """A share with its interval, such as "41 % (35 to 48)"."""
    if math.isnan(found.value):
        return "none"
    if math.isnan(found.low):
        return f"{found.value:.0%}"
    return f"{found.value:.0%} ({found.low * 100:.0f} to {found.high * 100:.0f})"


def _row(name: str, item: Figures) -> tuple[str, ...]:
    always = (name, f"{item.payments:,}")
    alerts = f"{item.alerts / item.days:,.1f}"
    if item.sure is None:
        return (*always, UNKNOWN, alerts, *(UNKNOWN,) * (len(HEADER) - 4))
    saved = item.sure.saved_cents
    return (
        *always,
        f"{item.frauds:,}",
        alerts,
        share(item.sure.precision),
        share(item.sure.recall),
        *map(money, (item.fraud_cents, item.lost_cents, item.review_cents, item.insult_cents)),
        f"{money(saved.value)} ({money(saved.low)} to {money(saved.high)})",
    )


def _thresholds(found: Backtest) -> str:
    if found.policies is None:
        return ", chosen each week"
    channels: dict[tuple[float, float], list[str]] = {}
    for row in found.policies:
        pair = row["review_score"], row["block_score"]
        channels.setdefault(pair, []).append(row["channel"])
    told = []
    for (review, block), names in channels.items():
        which = "" if len(channels) == 1 else f"{', '.join(names)} "
        told.append(f"{which}review from {review:.4g}, block from {block:.4g}")
    return f": {'; '.join(told)}"


def rule_rows(found: Backtest) -> list[tuple[str, ...]]:
    """A row for each rule, also those that never fired; as many cells as `RULE_HEADER`."""
    hits = {item.rule: item for item in found.figures.rules}
    rows = []
    for rule in found.rules:
        item = hits.get(rule.name)
        counts = (0,) * 4 if item is None else (item.hits, item.frauds, item.new, item.new_frauds)
        cents = (0, 0) if item is None else (item.fraud_cents, item.new_fraud_cents)
        rows.append(
            (
                rule.name,
                rule.action,
                rule.state,
                *(f"{count:,}" for count in counts),
                *map(money, cents),
            )
        )
    return rows
