"""Which rules fire for which payments: NumPy over a batch, the same in stream, API and proof."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from udfs.rule_set import (
    ACTIONS,
    EQUAL,
    IN_LIST,
    IS_UNKNOWN,
    LIVE,
    OFF,
    TIME,
    UNEQUAL,
    Condition,
    Rule,
    RuleColumns,
    RuleList,
    RuleSet,
)

Array = np.ndarray[Any, Any]
# Text by column; NULL is None or empty.
Texts = Mapping[str, Sequence[Any]]
# Of some payments of a batch, by number, those that fulfill a condition on text.
Test = Callable[[Texts, list[int]], list[int]]

_COMPARE: Mapping[str, Callable[[Array, Array], Array]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    # NaN is unequal to everything; what is unknown is not.
    "<>": lambda found, wanted: (found != wanted) & ~np.isnan(found),
    IS_UNKNOWN: lambda found, wanted: np.isnan(found),
}


@dataclass(frozen=True)
class Fired:
    """
    What rules say of n payments.

    :param actions: object, shape (n,): the first of `rule_set.ACTIONS` that a live rule asks for,
        or None.
    :param live: object, shape (n,): names of the live rules that fired, in alphabetical order with
        commas between them, or None.
    :param shadow: the same of rules in shadow.
    """

    actions: Array
    live: Array
    shadow: Array


@dataclass(frozen=True)
class _Group:
    """
    k conditions on numbers with one operator.

    :param slots: where their answers go, shape (k,).
    :param columns: which they look at, shape (k,).
    :param values: what they compare with, shape (k, 1).
    """

    compare: Callable[[Array, Array], Array]
    slots: Array
    columns: Array
    values: Array


class RuleChecker:
    """The active rules of a set, ready for batches."""

    def __init__(
        self, rules: RuleSet, columns: RuleColumns, known: frozenset[str] | None = None
    ) -> None:
        """
        :param rules: checked.
        :param columns: what `check` is handed.
        :param known: leave out rules that look at anything else: it is not unknown, but was not
            asked for. None: everything is known.
        """
        self.version = rules.version
        self._rules = [
            rule
            for rule in rules.rules
            if rule.state != OFF and (known is None or rule.columns <= known)
        ]
        self._groups, self._begins, self._slot_count = _groups(self._rules, columns)
        self._tests = [
            [_test(c, rules.lists) for c in rule.conditions if c.column not in columns.numbers]
            for rule in self._rules
        ]
        # Which rules fire together: few combinations, many payments.
        self._said: dict[bytes, tuple[str | None, str | None, str | None]] = {}

    def fires(self, numbers: Array, texts: Texts) -> Array:
        """
        Which of the rules fire, by payment.

        :param numbers: float64, shape (n, len(columns.numbers)), in that order; NaN is unknown.
        :param texts: by column, each of length n; None and the empty text are unknown. `TIME` holds
            UTC epoch milliseconds, as numbers or as text.
        :return: bool, shape (n, number of active rules).
        """
        return self._fires(numbers, texts).T

    def _fires(self, numbers: Array, texts: Texts) -> Array:
        """The same as `fires`, but by rule first: what a rule compares lies side by side then."""
        columns = np.ascontiguousarray(numbers.T)
        holds = np.ones((self._slot_count, len(numbers)), dtype=bool)
        for group in self._groups:
            holds[group.slots] = group.compare(columns[group.columns], group.values)
        fires: Array = np.logical_and.reduceat(holds, self._begins, axis=0)
        for position, tests in enumerate(self._tests):
            if not tests:
                continue
            # Text is looked at only where all numbers fit.
            left = np.flatnonzero(fires[position]).tolist()
            for test in tests:
                left = test(texts, left)
            fires[position] = False
            fires[position, left] = True
        return fires

    def check(self, numbers: Array, texts: Texts) -> Fired:
        """
        What the rules say of n payments; parameters as for `fires`.

        :return: arrays of length n.
        """
        count = len(numbers)
        found = Fired(*(np.full(count, None, dtype=object) for _ in range(3)))
        if not self._rules or not count:
            return found
        fires = self._fires(numbers, texts)
        for row in np.flatnonzero(fires.any(axis=0)).tolist():
            found.actions[row], found.live[row], found.shadow[row] = self._say(fires[:, row])
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Of the active rules, in the order of `fires`."""
        return tuple(rule.name for rule in self._rules)

    def _say(self, fires: Array) -> tuple[str | None, str | None, str | None]:
        key = fires.tobytes()
        if key not in self._said:
            fired = [self._rules[position] for position in np.flatnonzero(fires)]
            live = [rule for rule in fired if rule.state == LIVE]
            asked_for = {rule.action for rule in live}
            self._said[key] = (
                next((action for action in ACTIONS if action in asked_for), None),
                ",".join(rule.name for rule in live) or None,
                ",".join(rule.name for rule in fired if rule.state != LIVE) or None,
            )
        return self._said[key]


def _groups(rules: Sequence[Rule], columns: RuleColumns) -> tuple[list[_Group], Array, int]:
    """
    Conditions on numbers, by operator: a few comparisons of matrices instead of one a condition.

    :return: the groups, the first slot of each rule, and how many slots there are. A rule without
        such a condition has a slot that stays true.
    """
    position = {name: number for number, name in enumerate(columns.numbers)}
    by_operator: dict[str, list[tuple[int, int, float]]] = {}
    begins, slot = [], 0
    for rule in rules:
        begins.append(slot)
        numeric = [c for c in rule.conditions if c.column in position]
        for number, condition in enumerate(numeric):
            value = float("nan") if condition.value is None else float(condition.value)
            by_operator.setdefault(condition.operator, []).append(
                (slot + number, position[condition.column], value)
            )
        slot += max(1, len(numeric))
    groups = [
        _Group(_COMPARE[name], np.array(slots), np.array(places), np.array(values)[:, np.newaxis])
        for name, items in by_operator.items()
        for slots, places, values in [zip(*items, strict=True)]
    ]
    return groups, np.array(begins, dtype=np.intp), slot


def _test(condition: Condition, lists: Mapping[str, RuleList]) -> Test:
    """One condition on text."""
    name, value = condition.column, condition.value
    if condition.operator == IN_LIST:
        return _in_list(name, lists[str(value)].entries)

    def equal(texts: Texts, rows: list[int]) -> list[int]:
        column = texts[name] if rows else ()
        return [row for row in rows if column[row] == value]

    def unequal(texts: Texts, rows: list[int]) -> list[int]:
        column = texts[name] if rows else ()
        return [row for row in rows if column[row] and column[row] != value]

    def unknown(texts: Texts, rows: list[int]) -> list[int]:
        column = texts[name] if rows else ()
        return [row for row in rows if not column[row]]

    return {EQUAL: equal, UNEQUAL: unequal, IS_UNKNOWN: unknown}[condition.operator]


def _in_list(name: str, entries: Mapping[str, int | None]) -> Test:
    """Whether a column holds an entry that has not expired at the payment's own time."""
    can_expire = any(expires is not None for expires in entries.values())

    def is_in_force(expires: int | None, at: Any) -> bool:
        return expires is None or (at not in (None, "") and int(at) < expires)

    def test(texts: Texts, rows: list[int]) -> list[int]:
        column = texts[name] if rows else ()
        found = [row for row in rows if column[row] in entries]
        if found and can_expire:
            times = texts[TIME]
            found = [row for row in found if is_in_force(entries[column[row]], times[row])]
        return found

    return test
