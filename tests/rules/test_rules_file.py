"""Rules and lists in files: what is read, and each mistake in one line."""

from pathlib import Path

import pytest

from flink_jobs.score_payments import JOB
from swipestream.rules.columns import rule_columns
from swipestream.rules.rules_file import read_rules_file
from udfs.rule_set import Condition, Rule, RuleError, RuleSet

COLUMNS = rule_columns(JOB)
RULES = """
[ring]
action = "block"
when = ["channel = online", "amount_cents > 8000"]

[bad_cards_again]
action = "review"
state = "shadow"
when = ["card_id in list bad_cards"]
"""
LISTS = 'bad_cards = { kind = "cards", file = "cards.csv" }\n'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rules, lists = tmp_path / "rules.toml", tmp_path / "lists.toml"
    rules.write_text(RULES)
    lists.write_text(LISTS)
    (tmp_path / "cards.csv").write_text("value,expires\nc1\nc2,2030-01-01\n")
    return rules, lists


def test_rules_and_lists_are_read(files: tuple[Path, Path], tmp_path: Path) -> None:
    found = read_rules_file(*files, COLUMNS)
    assert found.rules[1] == Rule(
        "ring",
        "block",
        "live",
        (Condition("channel", "=", "online"), Condition("amount_cents", ">", 8_000)),
    )
    assert found.rules[0].state == "shadow"
    assert found.lists["bad_cards"].entries == {"c1": None, "c2": 1_893_456_000_000}
    written = tmp_path / "rules.json"
    written.write_text(found.text())
    assert read_rules_file(written, None, COLUMNS) == RuleSet(0, found.rules, found.lists)


@pytest.mark.parametrize(
    ("rules", "lists", "fact"),
    [
        ("ring = 1", LISTS, "ring is not a table"),
        ("", LISTS, "has no rule"),
        ("[ring", LISTS, "is not TOML"),
        ('[ring]\naction = "block"', LISTS, "has no list of conditions"),
        ('[ring]\nwhen = ["amount_cents > 1"]\naction = "stop"', LISTS, "has the action 'stop'"),
        ('[ring]\nwhen = ["amount > 1"]\naction = "block"', LISTS, "there is no column amount"),
        ('[ring]\nif = ["amount_cents > 1"]\naction = "block"', LISTS, "the rule ring has if"),
        (RULES, 'bad_cards = { kind = "people", file = "cards.csv" }', "no lists of people"),
        (RULES, 'bad_cards = { kind = "cards" }', "the list bad_cards has kind"),
        (RULES, 'others = { kind = "cards", file = "cards.csv" }', "there is no list bad_cards"),
        (RULES, 'bad_cards = { kind = "cards", file = "none.csv" }', "none.csv cannot be read"),
    ],
)
def test_a_mistake_is_one_line(rules: str, lists: str, fact: str, files: tuple[Path, Path]) -> None:
    files[0].write_text(rules)
    files[1].write_text(lists)
    with pytest.raises(RuleError) as raised:
        read_rules_file(*files, COLUMNS)
    assert fact in raised.value.fact and "\n" not in raised.value.fact
    assert raised.value.hint


def test_files_that_are_not_there_are_said(tmp_path: Path) -> None:
    for name in ("none.toml", "none.json"):
        with pytest.raises(RuleError, match=r"cannot be read|does not exist"):
            read_rules_file(tmp_path / name, None, COLUMNS)
