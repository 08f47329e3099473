"""The tables `rules`, `rule_lists` and `rule_changes`: what is in force, and what has been."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from swipestream.database.queries import query
from udfs.rule_set import Rule, RuleError, RuleList, RuleSet, conditions_of, entries_of, in_order

RULE, LIST, ENTRIES = "rule", "list", "entries"


@dataclass(frozen=True)
class RuleChange:
    """
    One row of `rule_changes`.

    :param subject: `RULE`, `LIST`, or `ENTRIES` of a list.
    :param before: the row as it was, or the entries that were taken out; None if there was none.
    :param after: the row as it is, or the entries that were added; None if there is none.
    """

    change_number: int
    changed_at: datetime
    actor: str
    why: str
    subject: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def what(self) -> str:
        """What is different, such as "shadow to live"."""
        if self.subject == ENTRIES:
            parts = ((self.after, "added"), (self.before, "removed"))
            return ", ".join(f"{len(item):,} {word}" for item, word in parts if item)
        if self.subject == LIST:
            return f"list of {self.after['kind']}" if self.after else "removed"
        return _rule_differences(self.before or {}, self.after or {})


def rule_changes(connection: psycopg.Connection[Any]) -> list[RuleChange]:
    """All of them, the oldest first."""
    with _explained(), connection.cursor(row_factory=class_row(RuleChange)) as cursor:
        return cursor.execute(query("rule_changes")).fetchall()


def rules_now(connection: psycopg.Connection[Any]) -> RuleSet:
    """
    All rules and lists as they are now, those that are off too.

    :param connection: not in a transaction; the three tables are read as of one moment.
    """
    with _explained(), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = connection.execute(query("rules")).fetchall()
        lists = connection.execute(query("rule_lists")).fetchall()
        newest = connection.execute("SELECT MAX(change_number) FROM rule_changes").fetchone()
    rules = [
        Rule(name, action, state, conditions_of(conditions))
        for name, _, conditions, action, state in rows
    ]
    return RuleSet(
        newest[0] if newest else None,
        in_order(rules),
        {name: RuleList(kind, entries_of(entries)) for name, kind, entries in lists},
    )


def list_kinds(rules: RuleSet) -> dict[str, str]:
    """The kind of each list."""
    return {name: item.kind for name, item in rules.lists.items()}


def rules_after(changes: Iterable[RuleChange], version: int) -> RuleSet:
    """
    The rules and lists as they were after a change.

    :param changes: all, the oldest first.
    :param version: its number.
    :raises RuleError: there is no such change.
    """
    rules: dict[str, Rule] = {}
    kinds: dict[str, str] = {}
    entries: dict[str, dict[str, int | None]] = {}
    number = 0
    for change in changes:
        if change.change_number > version:
            break
        number = change.change_number
        if change.subject == RULE:
            rules.pop(change.name, None)
            if change.after:
                rules[change.name] = _rule(change.after)
        elif change.subject == LIST:
            kinds.pop(change.name, None)
            if change.after:
                kinds[change.name] = change.after["kind"]
        else:
            kept = entries.setdefault(change.name, {})
            for value in change.before or {}:
                kept.pop(value, None)
            kept.update(entries_of(change.after or {}))
    if number != version:
        raise RuleError(
            f"there is no change {version} of the rules", "see `swipestream rules audit`"
        )
    lists = {name: RuleList(kind, entries.get(name, {})) for name, kind in kinds.items()}
    return RuleSet(version, in_order(list(rules.values())), lists)


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(row["name"], row["action"], row["state"], conditions_of(row["conditions"]))


def _rule_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if not after:
        return "removed"
    new = _rule(after)
    conditions = " and ".join(map(str, new.conditions))
    if not before:
        return f"{new.state}: {new.action} if {conditions}"
    old = _rule(before)
    parts = [
        f"{was} to {now}"
        for was, now in ((old.state, new.state), (old.action, new.action))
        if was != now
    ]
    if old.conditions != new.conditions:
        parts.append(f"{' and '.join(map(str, old.conditions))} to {conditions}")
    return "; ".join(parts) or "nothing"


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable:
        raise RuleError(
            "the database has no tables of rules", "run `swipestream up`, which migrates it"
        ) from None
