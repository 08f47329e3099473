"""Changing rules and lists: checked, stored with who and why, and published, one at a time."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from swipestream.card_numbers.finding import holds_card_number
from swipestream.card_numbers.masking import mask_in_text
from swipestream.database.connection import open_database
from swipestream.database.locks import Lock
from swipestream.database.queries import query
from swipestream.rules.publishing import publish
from swipestream.rules.tables import list_kinds, rules_now
from swipestream.settings import ChampionSettings
from udfs.rule_set import (
    IS_UNKNOWN,
    LIST_KINDS,
    MOST_LETTERS,
    OFF,
    Condition,
    Rule,
    RuleColumns,
    RuleError,
    RuleList,
    RuleSet,
    State,
    check_kind,
    check_name,
    check_rule,
    is_plain_text,
)

PATIENCE_SECONDS = 60
MOST_ENTRIES = 1_000_000
Entries = Mapping[str, int | None]


class Rules:
    """Changes rules and lists; made by `changing`, which publishes what was changed."""

    def __init__(
        self, connection: psycopg.Connection[Any], columns: RuleColumns, actor: str, why: str
    ) -> None:
        """
        :param connection: in autocommit mode, with the lock on changes.
        :param columns: what rules may look at.
        :param actor: who changes them.
        :param why: the reason; empty: no reason given.
        """
        if why and holds_card_number(why):
            raise _card_number("--why", why)
        self.connection = connection
        self._columns = columns
        self._who = {"actor": actor, "why": why}
        self.now = rules_now(connection)
        """As they were before the change; when `changing` has ended, as they are then."""

    def add(self, rule: Rule) -> None:
        """
        A new rule.

        :raises RuleError: there is one of that name, or it cannot be evaluated.
        """
        if any(known.name == rule.name for known in self.now.rules):
            raise RuleError(
                f"there is a rule {rule.name}",
                f"change it with `swipestream rules edit {rule.name}`",
            )
        self._check(rule)
        self._run(
            "INSERT INTO rules (name, conditions, action, state) VALUES (%s, %s, %s, %s)",
            [rule.name, _json(rule.conditions), rule.action, rule.state],
        )

    def change(self, rule: Rule) -> None:
        """
        Another action, state or other conditions; a rule that has them already stays as it is.

        :raises RuleError: there is none of that name, or it cannot be evaluated.
        """
        known = self.rule(rule.name)
        if rule == known:
            return
        # One that cannot be evaluated any more can still be switched off.
        if rule != replace(known, state=OFF):
            self._check(rule)
        self._run(
            "UPDATE rules SET (conditions, action, state, version) = (%s, %s, %s, version + 1) "
            "WHERE name = %s",
            [_json(rule.conditions), rule.action, rule.state, rule.name],
        )

    def set_state(self, name: str, state: State) -> None:
        """:raises RuleError: there is no such rule, or it cannot be evaluated."""
        self.change(replace(self.rule(name), state=state))

    def add_entries(self, name: str, kind: str, entries: Entries) -> None:
        """
        Put values into a list; of one that is there, the expiry is changed.

        :param kind: of `LIST_KINDS`; empty if the list is there already.
        :raises RuleError: a value cannot be an entry, or is a card number; nothing was added then.
        """
        check_name(name, "list")
        known = self.now.lists.get(name)
        if known is None and not kind:
            raise RuleError(
                f"there is no list {name}", f"say what it is to hold: --kind {'|'.join(LIST_KINDS)}"
            )
        if known is not None and kind not in ("", known.kind):
            raise RuleError(
                f"{name} is a list of {known.kind}", "leave out --kind, or make another"
            )
        for value in entries:
            check_entry(value)
        before = known.entries if known else {}
        new = {v: e for v, e in entries.items() if v not in before or before[v] != e}
        if len(before.keys() | new.keys()) > MOST_ENTRIES:
            raise RuleError(
                f"{name} would have more than {MOST_ENTRIES:,} entries", "remove what has expired"
            )
        with self._as_one():
            if known is None:
                check_kind(kind)
                self._execute("INSERT INTO rule_lists (name, kind) VALUES (%s, %s)", [name, kind])
            if new:
                values = self._values(name, new)
                self._execute(query("remove_list_entries"), values | {"is_other_expiry": True})
                self._execute(query("add_list_entries"), values)

    def remove_entries(self, name: str, values: Sequence[str]) -> None:
        """
        Take values out of a list.

        :raises RuleError: it does not have one of them; nothing was removed then.
        """
        known = find_list(self.now, name).entries
        missing = [value for value in values if value not in known]
        if missing:
            shown = mask_in_text(missing[0])
            raise RuleError(
                f"{name} has no entry {shown:.100}"
                + (f", nor {len(missing) - 1:,} more" if missing[1:] else ""),
                f"see `swipestream lists show {name}`",
            )
        with self._as_one():
            given = self._values(name, dict.fromkeys(values))
            self._execute(query("remove_list_entries"), given | {"is_other_expiry": False})

    def rule(self, name: str) -> Rule:
        """:raises RuleError: there is none of that name."""
        return find_rule(self.now, name)

    def _check(self, rule: Rule) -> None:
        check_rule(rule, self._columns, list_kinds(self.now))
        for condition in rule.conditions:
            if isinstance(condition.value, str) and holds_card_number(condition.value):
                raise _card_number(condition.column, condition.value)

    @staticmethod
    def _values(name: str, entries: Entries) -> dict[str, Any]:
        return {
            "list_name": name,
            "entries": list(entries),
            "expires_ms": list(entries.values()),
        }

    def _run(self, statement: str, values: Sequence[Any]) -> None:
        with self._as_one():
            self._execute(statement, values)

    def _execute(self, statement: str | bytes, values: Any) -> None:
        self.connection.execute(statement, values)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def _as_one(self) -> Iterator[None]:
        """One transaction, whose changes are noted with who and why."""
        with self.connection.transaction():
            for name, text in self._who.items():
                # For this transaction only; the database's triggers read it.
                self.connection.execute(
                    "SELECT set_config(%s, %s, TRUE)", (f"swipestream.{name}", text)
                )
            yield


def find_rule(rules: RuleSet, name: str) -> Rule:
    """:raises RuleError: there is none of that name."""
    found = next((rule for rule in rules.rules if rule.name == name), None)
    if found is None:
        raise RuleError(f"there is no rule {name!r:.60}", "see `swipestream rules list`")
    return found


def find_list(rules: RuleSet, name: str) -> RuleList:
    """:raises RuleError: there is none of that name."""
    if name not in rules.lists:
        raise RuleError(f"there is no list {name!r:.60}", "see `swipestream lists show`")
    return rules.lists[name]


def check_entry(value: str) -> None:
    """
    Whether a list may hold a value.

    :raises RuleError: it may not; a card number is masked in what is said.
    """
    if not is_plain_text(value):
        raise RuleError(
            f"{mask_in_text(value)!r:.120} cannot be an entry of a list",
            f"give 1 to {MOST_LETTERS} printable characters",
        )
    if holds_card_number(value):
        raise _card_number("an entry", value)


def _card_number(what: str, value: str) -> RuleError:
    return RuleError(
        f"{what} is a card number in clear: {mask_in_text(value):.100}",
        "give the card_id, which is a keyed hash of the number: `swipestream produce` and your "
        "gateway make it",
    )


def _json(conditions: Sequence[Condition]) -> Jsonb:
    assert all(c.value is not None or c.operator == IS_UNKNOWN for c in conditions)
    return Jsonb([condition.to_json() for condition in conditions])


@contextlib.contextmanager
def changing(
    settings: ChampionSettings, columns: RuleColumns, actor: str, why: str = ""
) -> Iterator[Rules]:
    """
    Change rules and lists, and publish what was changed when the block ends.

    :param columns: what rules may look at.
    :param actor: who changes them.
    :raises ServiceError: the database does not answer.
    :raises RuleError: somebody else's change takes too long, or the file cannot be written.
    """
    with open_database(settings) as connection:
        connection.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
        try:
            # It ends with the connection.
            connection.execute("SELECT pg_advisory_lock(%s)", (Lock.RULES,))
        except psycopg.errors.LockNotAvailable:
            raise RuleError(
                f"another change of the rules has been under way for {PATIENCE_SECONDS} s",
                "see `swipestream rules audit`, then try again",
            ) from None
        rules = Rules(connection, columns, actor, why)
        yield rules
        # Also for a change before this one whose file could not be written.
        rules.now = publish(connection, settings.models_dir, columns)
