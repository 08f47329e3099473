"""Rules, columns and batches that several tests use."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from udfs.rule_set import Condition, Rule, RuleColumns, RuleList, RuleSet

COLUMNS = RuleColumns(
    numbers=("amount_cents", "card_txn_count_5m", "km_from_home"),
    texts=(
        *("channel", "merchant_category", "card_id", "merchant_id", "device_id"),
        *("merchant_country", "home_country", "event_ms"),
    ),
)


def rule(
    name: str, *conditions: tuple[Any, ...], action: Any = "block", state: Any = "live"
) -> Rule:
    """A rule; its conditions are column, operator and value."""
    return Rule(name, action, state, tuple(Condition(*parts) for parts in conditions))


def rule_set(*rules: Rule, version: int = 1, **lists: RuleList) -> RuleSet:
    """A set of rules in the order in which a file has them."""
    return RuleSet(version, tuple(sorted(rules, key=lambda item: item.name)), lists)


def numbers_of(rows: Sequence[Mapping[str, Any]]) -> np.ndarray[Any, Any]:
    """The numbers of payments; a column that a row does not have is unknown."""
    found = np.full((len(rows), len(COLUMNS.numbers)), np.nan)
    for place, row in enumerate(rows):
        for column, name in enumerate(COLUMNS.numbers):
            if row.get(name) is not None:
                found[place, column] = row[name]
    return found


def texts_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The same of text."""
    return {name: [row.get(name) for row in rows] for name in COLUMNS.texts}
