"""The file of rules is read as it was written, and refused as a whole if one thing is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.udfs.rules_by_hand import COLUMNS, rule, rule_set
from udfs.rule_set import RuleError, RuleList, read_rules

RULES = rule_set(
    rule("ring", ("channel", "=", "online"), ("amount_cents", ">", 8000.5)),
    rule("known", ("card_id", "in list", "bad"), action="review", state="shadow"),
    rule("odd", ("device_id", "is unknown"), ("km_from_home", "is unknown"), action="allow"),
    version=12,
    bad=RuleList("cards", {"c-1": None, "c-2": 1_893_456_000_000}),
)


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "rules.json"
    path.write_text(json.dumps(json.loads(RULES.text()) | changes))
    return path


def refused(path: Path) -> RuleError:
    with pytest.raises(RuleError) as caught:
        read_rules(path, COLUMNS)
    assert str(path) in caught.value.fact and caught.value.hint
    return caught.value


def with_rule(folder: Path, **changes: Any) -> Path:
    """The file with another first rule."""
    content = json.loads(RULES.text())
    content["rules"][0] |= changes
    return written(folder, rules=content["rules"])


def with_condition(folder: Path, *parts: Any) -> Path:
    names = ("column", "operator", "value")
    return with_rule(folder, conditions=[dict(zip(names, parts, strict=False))])


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_rules(written(tmp_path), COLUMNS) == RULES


def test_rules_that_are_off_and_lists_of_nobody_are_not_written(tmp_path: Path) -> None:
    more = rule_set(
        *RULES.rules,
        rule("old", ("card_id", "in list", "worse"), state="off"),
        version=12,
        worse=RuleList("cards", {"c-9": None}),
        **RULES.lists,
    )
    assert more.text() == RULES.text()


def test_a_file_that_is_not_there_is_no_broken_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_rules(tmp_path / "rules.json", COLUMNS)


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "{}", '{"format": 1}'])
def test_what_is_no_file_of_rules_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rules.json").write_text(content)
    refused(tmp_path / "rules.json")


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    assert "format 2, this code reads 1" in refused(written(tmp_path, format=2)).fact


def test_every_beginning_of_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    text = RULES.text().strip()
    for length in range(0, len(text), 7):
        path.write_text(text[:length])
        refused(path)


@pytest.mark.parametrize(
    ("parts", "fact", "hint"),
    [
        (("amount", ">", 1), "there is no column amount", "did you mean amount_cents?"),
        (("zzz", ">", 1), "there is no column zzz", "`swipestream rules columns`"),
        (("event_ms", ">", "1"), "there is no column event_ms", "rules columns"),
        (("amount_cents", "~", 1), "the operator ~", "use =, <>, <"),
        (("channel", ">", "pos"), "channel is text and has no order", "use =, <>"),
        (("amount_cents", "=", "many"), "amount_cents is a number, and 'many' is not", "a number"),
        (("amount_cents", "=", True), "and True is not", "a number"),
        (("amount_cents", "="), "and None is not", "a number"),
        (("channel", "=", 7), "channel is text, and 7 cannot be", "printable"),
        (("channel", "=", ""), "channel is text", "printable"),
        (("channel", "=", " pos"), "channel is text", "printable"),
        (("channel", "=", "a\x00b"), "channel is text", "printable"),
        (("channel", "is unknown", "x"), "has a value", "leave it out"),
        (("card_id", "in list", "good"), "there is no list good", "choose bad, or make one"),
        (("merchant_id", "in list", "bad"), "bad is a list of cards", "use it with card_id"),
        (("amount_cents", "in list", "bad"), "bad is a list of cards", "use it with card_id"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_is_refused(
    tmp_path: Path, parts: tuple[Any, ...], fact: str, hint: str
) -> None:
    error = refused(with_condition(tmp_path, *parts))
    assert fact in error.fact
    assert hint in error.hint


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ring"},
        {"name": "a,b"},
        {"name": ""},
        {"action": "allways"},
        {"state": "on"},
        {"conditions": []},
        {"conditions": [{"column": "channel"}]},
        {"conditions": [{"column": "device_id", "operator": "is unknown"}] * 21},
    ],
)
def test_a_rule_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    refused(with_rule(tmp_path, **changes))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rules = json.loads(RULES.text())["rules"]
    assert "two rules" in refused(written(tmp_path, rules=[*rules, rules[0]])).fact


@pytest.mark.parametrize(
    "lists",
    [
        {"bad": {"kind": "people", "entries": {}}},
        {"bad": {"kind": "cards", "entries": ["c-1"]}},
        {"bad": {"kind": "cards", "entries": {"c-1": "soon"}}},
        {"bad": {"kind": "cards"}},
        {},
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, lists: dict[str, Any]) -> None:
    refused(written(tmp_path, lists=lists))


def test_a_condition_reads_as_it_is_written() -> None:
    shown = [str(condition) for one in RULES.rules for condition in one.conditions]
    assert shown == [
        "card_id in list bad",
        "device_id is unknown",
        "km_from_home is unknown",
        "channel = online",
        "amount_cents > 8000.5",
    ]
