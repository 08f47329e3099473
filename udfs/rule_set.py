"""
Rules of the fraud team: conditions over columns, lists of values, and the file that holds both.

`rules.json` beside the pointers of the models is all that a worker reads. It is checked as a whole
before it is used. Knows no Flink and no database.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

FORMAT = 1
RULES_FILE = "rules.json"

Action = Literal["allow", "block", "review"]
State = Literal["off", "shadow", "live"]
# The first one that a live rule asks for decides: sql/payments/decide/payments_decided.sql.
ACTIONS: tuple[Action, ...] = ("allow", "block", "review")
STATES: tuple[State, ...] = ("off", "shadow", "live")
OFF: Final = "off"
LIVE: Final = "live"

EQUAL, UNEQUAL = "=", "<>"
ORDER = ("<", "<=", ">", ">=")
IN_LIST, IS_UNKNOWN = "in list", "is unknown"
OPERATORS = (EQUAL, UNEQUAL, *ORDER, IN_LIST, IS_UNKNOWN)

# Which columns the values of a list are compared with.
LIST_KINDS: Mapping[str, tuple[str, ...]] = {
    "cards": ("card_id",),
    "merchants": ("merchant_id",),
    "devices": ("device_id",),
    "countries": ("merchant_country", "home_country"),
}
# What an entry's expiry is compared with; no rule looks at it.
TIME = "event_ms"

MOST_CONDITIONS = 20
LARGEST = 1e300
MOST_LETTERS = 100
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_FORM = "use up to 40 lower-case letters, digits and _, a letter first"


class RuleError(Exception):
    """A rule, a list or the file of both cannot be used."""

    def __init__(self, fact: str, hint: str) -> None:
        """
        :param fact: one lower-case line that names the rule, list, file or value.
        :param hint: what to do next, as an action.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint


class UnreadableRulesError(RuleError):
    """The file is there and cannot be read at this moment; another try may do."""


@dataclass(frozen=True)
class RuleColumns:
    """
    What rules may look at.

    :param numbers: names of columns of numbers, in the order in which they are handed over.
    :param texts: names of columns of text. `TIME` may be among them, for entries that expire.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All that a condition may name."""
        return (*self.numbers, *(name for name in self.texts if name != TIME))


@dataclass(frozen=True)
class Condition:
    """
    One column compared with one value. Unknown fulfills nothing but `IS_UNKNOWN`.

    :param operator: of `OPERATORS`. Text is only equal, unequal, in a list or unknown.
    :param value: a number or a text, as the column is; the name of a list; None for `IS_UNKNOWN`.
    """

    column: str
    operator: str
    value: float | str | None = None

    def __str__(self) -> str:
        if self.operator == IS_UNKNOWN:
            return f"{self.column} {self.operator}"
        return f"{self.column} {self.operator} {_shown(self.value)}"

    def to_json(self) -> dict[str, Any]:
        """As files and tables have it."""
        found: dict[str, Any] = {"column": self.column, "operator": self.operator}
        return found if self.value is None else found | {"value": self.value}


@dataclass(frozen=True)
class Rule:
    """
    What to do with a payment for which all conditions hold.

    :param state: a rule in `shadow` is recorded and decides nothing; one that is `off` is not
        looked at.
    """

    name: str
    action: Action
    state: State
    conditions: tuple[Condition, ...]

    @property
    def columns(self) -> frozenset[str]:
        """What it looks at."""
        return frozenset(condition.column for condition in self.conditions)

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists that it looks into."""
        named = [str(c.value) for c in self.conditions if c.operator == IN_LIST]
        return tuple(dict.fromkeys(named))

    def to_json(self) -> dict[str, Any]:
        """As files have it."""
        return {
            "name": self.name,
            "action": self.action,
            "state": self.state,
            "conditions": [condition.to_json() for condition in self.conditions],
        }


@dataclass(frozen=True)
class RuleList:
    """
    Values that a condition looks for.

    :param kind: of `LIST_KINDS`.
    :param entries: value to UTC epoch milliseconds: it no longer counts for payments from
        then on. None: it does not expire.
    """

    kind: str
    entries: Mapping[str, int | None]

    def to_json(self) -> dict[str, Any]:
        """As files have it."""
        return {"kind": self.kind, "entries": dict(self.entries)}


@dataclass(frozen=True)
class RuleSet:
    """
    All rules and lists at one moment.

    :param version: the number of the newest change; None if there has been none.
    :param rules: by name, in alphabetical order.
    """

    version: int | None = None
    rules: tuple[Rule, ...] = ()
    lists: Mapping[str, RuleList] = field(default_factory=dict)

    def text(self) -> str:
        """The file's content: without rules that are off, and lists that only these look into."""
        active = [rule for rule in self.rules if rule.state != OFF]
        named = {name for rule in active for name in rule.lists}
        content = {
            "format": FORMAT,
            "version": self.version,
            "rules": [rule.to_json() for rule in active],
            "lists": {
                name: self.lists[name].to_json() for name in sorted(named & self.lists.keys())
            },
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def read_rules(path: Path, columns: RuleColumns) -> RuleSet:
    """
    Read and check the file of rules.

    :param columns: what its rules may look at.
    :raises FileNotFoundError: there is none.
    :raises UnreadableRulesError: it cannot be read.
    :raises RuleError: it is not what `RuleSet.text` writes, or has a rule that cannot be used.
    """
    hint = "write it again with `swipestream rules publish`"
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableRulesError(
            f"{path} cannot be read: {error.strerror}", "make it readable"
        ) from None
    except (ValueError, RecursionError) as error:
        raise RuleError(f"{path} is not JSON: {error}", hint) from None
    try:
        return parse_rules(content, columns)
    except RuleError as error:
        raise RuleError(f"{path}: {error.fact}", error.hint) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuleError(f"{path} is malformed: {type(error).__name__}: {error}", hint) from None


def parse_rules(content: Mapping[str, Any], columns: RuleColumns) -> RuleSet:
    """
    Rules and lists from the content of a file.

    :raises RuleError: another format, or a rule that cannot be used.
    :raises KeyError: something is missing; TypeError, ValueError, AttributeError: it is of another
        kind.
    """
    if content["format"] != FORMAT:
        raise RuleError(
            f"format {content['format']}, this code reads {FORMAT}",
            "write the file again with `swipestream rules publish`",
        )
    lists = {
        str(name): RuleList(str(item["kind"]), entries_of(item["entries"]))
        for name, item in content["lists"].items()
    }
    rules = [
        Rule(str(item["name"]), item["action"], item["state"], conditions_of(item["conditions"]))
        for item in content["rules"]
    ]
    found = RuleSet(int(content["version"]), in_order(rules), lists)
    names = [rule.name for rule in found.rules]
    if len(names) != len(set(names)):
        raise RuleError("two rules have one name", "give each another one")
    for name, item in lists.items():
        check_name(name, "list")
        check_kind(item.kind)
    check_rule_set(found, columns)
    return found


def check_rule_set(rules: RuleSet, columns: RuleColumns) -> None:
    """
    Whether the file of these rules can be used.

    :raises RuleError: one that is not off cannot be evaluated; names it.
    """
    kinds = {name: item.kind for name, item in rules.lists.items()}
    for rule in rules.rules:
        if rule.state == OFF:
            continue
        try:
            check_rule(rule, columns, kinds)
        except RuleError as error:
            raise RuleError(
                f"the rule {rule.name:.40} cannot be evaluated: {error.fact}",
                f"{error.hint}; or switch it off with `swipestream rules off {rule.name:.40}`",
            ) from None


def entries_of(content: Mapping[str, Any]) -> dict[str, int | None]:
    """
    A list's entries from JSON.

    :raises ValueError: an expiry is not a number.
    """
    return {
        str(value): None if expires is None else int(expires) for value, expires in content.items()
    }


def conditions_of(content: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """
    Conditions from JSON, unchecked.

    :raises KeyError: one lacks its column or operator.
    """
    return tuple(
        Condition(str(item["column"]), str(item["operator"]), item.get("value")) for item in content
    )


def check_rule(rule: Rule, columns: RuleColumns, lists: Mapping[str, str]) -> None:
    """
    Whether a rule can be evaluated.

    :param columns: what it may look at.
    :param lists: the kind of each list.
    :raises RuleError: it cannot; says which of its conditions, and what is allowed.
    """
    check_name(rule.name, "rule")
    for value, allowed, what in ((rule.action, ACTIONS, "action"), (rule.state, STATES, "state")):
        if value not in allowed:
            raise RuleError(
                f"the rule {rule.name} has the {what} {value!r:.40}", f"use {', '.join(allowed)}"
            )
    if not 1 <= len(rule.conditions) <= MOST_CONDITIONS:
        raise RuleError(
            f"the rule {rule.name} has {len(rule.conditions)} conditions",
            f"give it 1 to {MOST_CONDITIONS}",
        )
    for condition in rule.conditions:
        check_condition(condition, columns, lists)


def check_condition(condition: Condition, columns: RuleColumns, lists: Mapping[str, str]) -> None:
    """
    Whether a condition can be evaluated.

    :raises RuleError: it cannot; says why, and what is allowed.
    """
    column, operator, value = condition.column, condition.operator, condition.value
    if column not in columns.names:
        near = difflib.get_close_matches(column, columns.names, n=3, cutoff=0.6)
        raise RuleError(
            f"there is no column {column:.60}",
            f"did you mean {' or '.join(near)}?"
            if near
            else "`swipestream rules columns` names what a rule may look at",
        )
    is_number = column in columns.numbers
    if operator not in OPERATORS:
        raise RuleError(f"{column} has the operator {operator:.40}", f"use {', '.join(OPERATORS)}")
    if operator in ORDER and not is_number:
        raise RuleError(
            f"{column} is text and has no order: {condition}",
            f"use {EQUAL}, {UNEQUAL}, {IN_LIST} or {IS_UNKNOWN}",
        )
    if operator == IS_UNKNOWN:
        if value is not None:
            raise RuleError(f"{column} {IS_UNKNOWN} has a value", "leave it out")
    elif operator == IN_LIST:
        check_list_of(column, value, lists)
    elif is_number:
        if not is_finite_number(value):
            raise RuleError(f"{column} is a number, and {value!r:.40} is not", "give a number")
    elif not (isinstance(value, str) and is_plain_text(value)):
        raise RuleError(
            f"{column} is text, and {value!r:.40} cannot be compared with it",
            f"give 1 to {MOST_LETTERS} printable characters",
        )


def check_list_of(column: str, name: Any, lists: Mapping[str, str]) -> None:
    """
    Whether a column may be looked for in a list.

    :raises RuleError: the list is not there, or holds something else.
    """
    fitting = [kind for kind, of in LIST_KINDS.items() if column in of]
    if name not in lists:
        raise RuleError(
            f"there is no list {name!s:.60}",
            f"choose {' or '.join(sorted(lists))}, or make one with `swipestream lists add`"
            if lists
            else "make one with `swipestream lists add`",
        )
    if lists[name] not in fitting:
        raise RuleError(
            f"{name} is a list of {lists[name]}, which {column} is not compared with",
            f"use it with {' or '.join(LIST_KINDS[lists[name]])}",
        )


def check_name(name: str, what: str) -> None:
    """:raises RuleError: it is not a name of a rule or a list."""
    if not NAME.fullmatch(name):
        raise RuleError(f"{name!r:.60} is not a name of a {what}", NAME_FORM)


def check_kind(kind: str) -> None:
    """:raises RuleError: there are no lists of that."""
    if kind not in LIST_KINDS:
        raise RuleError(f"there are no lists of {kind:.40}", f"use {', '.join(LIST_KINDS)}")


def _shown(value: float | str | None) -> str:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return f"{value:.0f}" if is_whole else str(value)


def is_finite_number(value: Any) -> bool:
    """Whether a condition may compare numbers with it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -LARGEST < value < LARGEST


def is_plain_text(value: str) -> bool:
    """Whether a condition may compare text with it, or a list may hold it."""
    return 0 < len(value) <= MOST_LETTERS and value.isprintable() and value == value.strip()


def in_order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """As a set has them."""
    return tuple(sorted(rules, key=lambda rule: rule.name))
