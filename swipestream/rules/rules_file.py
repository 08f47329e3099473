"""Rules and lists written as files, to try them before anybody adds them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swipestream.rules.condition_text import condition_of
from swipestream.rules.list_files import read_entries
from udfs.rule_set import (
    LIST_KINDS,
    LIVE,
    Rule,
    RuleColumns,
    RuleError,
    RuleList,
    RuleSet,
    check_kind,
    check_name,
    check_rule,
    in_order,
    read_rules,
)

_RULE = 'write [name], action = "block" and when = ["amount_cents > 8000"]: docs/backtest.md'
_LIST = 'write name = { kind = "cards", file = "cards.csv" }: docs/backtest.md'
RULE_KEYS, LIST_KEYS = {"action", "when", "state"}, {"kind", "file"}


def read_rules_file(path: Path, lists: Path | None, columns: RuleColumns) -> RuleSet:
    """
    Rules of a TOML file, or of the file that the stream's workers read.

    :param path: ends with .json for the latter.
    :param lists: TOML: lists by name, each with its kind and a file of entries beside it.
    :param columns: what rules may look at.
    :raises RuleError: a file, a rule or a list cannot be used; names it.
    """
    known = read_lists(lists) if lists else {}
    if path.suffix == ".json":
        try:
            found = read_rules(path, columns)
        except FileNotFoundError:
            raise RuleError(f"{path} does not exist", "name a file of rules") from None
        return RuleSet(found.version, found.rules, {**found.lists, **known})
    kinds = {name: item.kind for name, item in known.items()}
    rules = []
    for name, item in _tables(path).items():
        try:
            rule = _rule(name, item, columns, kinds)
            check_rule(rule, columns, kinds)
        except RuleError as error:
            raise RuleError(f"{path}: {error.fact}", error.hint) from None
        rules.append(rule)
    if not rules:
        raise RuleError(f"{path} has no rule", _RULE)
    return RuleSet(0, in_order(rules), known)


def read_lists(path: Path) -> dict[str, RuleList]:
    """
    Lists by name.

    :raises RuleError: the file or one of its lists cannot be used.
    """
    found = {}
    for name, item in _tables(path).items():
        try:
            check_name(name, "list")
            if set(item) != LIST_KEYS or not all(isinstance(v, str) for v in item.values()):
                raise RuleError(f"the list {name} has {', '.join(item) or 'nothing'}", _LIST)
            check_kind(item["kind"])
        except RuleError as error:
            raise RuleError(f"{path}: {error.fact}", error.hint) from None
        found[name] = RuleList(item["kind"], read_entries(path.parent / item["file"]))
    if not found:
        raise RuleError(f"{path} has no list", f"{_LIST}; kinds are {', '.join(LIST_KINDS)}")
    return found


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RuleError(f"{path} cannot be read: {error.strerror}", "name a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} is not TOML: {error}", _RULE) from None
    for name, item in data.items():
        if not isinstance(item, dict):
            raise RuleError(f"{path}: {name} is not a table", _RULE)
    return data


def _rule(name: str, item: Mapping[str, Any], columns: RuleColumns, kinds: dict[str, str]) -> Rule:
    unknown = set(item) - RULE_KEYS
    when = item.get("when")
    if unknown or not isinstance(when, list) or not all(isinstance(text, str) for text in when):
        said = f"has {sorted(unknown)[0]}" if unknown else "has no list of conditions `when`"
        raise RuleError(f"the rule {name} {said}", _RULE)
    conditions = tuple(condition_of(text, columns, kinds) for text in when)
    return Rule(name, item.get("action"), item.get("state", LIVE), conditions)  # type: ignore[arg-type]
