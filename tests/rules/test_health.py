"""`swipestream doctor` on rules: what is wrong with the file, and what goes on meanwhile."""

import json

import psycopg
import pytest

from swipestream.rules.changing import changing
from swipestream.rules.health import Found, check_rules
from swipestream.settings import Settings
from tests.udfs.rules_by_hand import rule
from udfs.rule_set import RULES_FILE, RuleColumns
from udfs.rule_watcher import STATUS_FILE, RuleWatcher


def finding(settings: Settings, columns: RuleColumns) -> Found:
    (found,) = check_rules(settings, columns)
    return found


@pytest.fixture
def with_rules(settings: Settings, columns: RuleColumns) -> Settings:
    with changing(settings, columns, "anna") as opened:
        opened.add(rule("a", ("amount_cents", ">", 1)))
        opened.add(rule("b", ("amount_cents", ">", 2), state="shadow"))
    return settings


def test_no_rules_are_fine(settings: Settings, columns: RuleColumns) -> None:
    assert finding(settings, columns) == ("ok", "rules", "none", "")


def test_rules_in_force_are_counted(with_rules: Settings, columns: RuleColumns) -> None:
    assert finding(with_rules, columns) == (
        *("ok", "rules"),
        *("version 2: 1 live, 1 in shadow", ""),
    )


def test_a_broken_file_is_told_with_what_goes_on(
    with_rules: Settings, columns: RuleColumns
) -> None:
    watcher = RuleWatcher(with_rules.models_dir, columns)
    assert watcher.rules().version == 2
    path = with_rules.models_dir / RULES_FILE
    path.write_text(path.read_text()[:-9])
    level, _, fact, hint = finding(with_rules, columns)
    assert level == "FAIL"
    assert f"{path} is not JSON" in fact and fact.endswith("; version 2 goes on")
    assert "swipestream rules publish" in hint


def test_a_rule_on_a_column_that_has_gone_is_told(
    with_rules: Settings, columns: RuleColumns
) -> None:
    fewer = RuleColumns(columns.numbers[1:], columns.texts)
    level, _, fact, hint = finding(with_rules, fewer)
    assert level == "FAIL"
    assert "there is no column amount_cents; none is applied" in fact
    assert "did you mean" in hint


def test_a_lost_file_is_told(with_rules: Settings, columns: RuleColumns) -> None:
    (with_rules.models_dir / RULES_FILE).unlink()
    level, _, fact, hint = finding(with_rules, columns)
    assert (level, hint) == ("FAIL", "run `swipestream rules publish`")
    assert "does not exist" in fact


def test_a_file_that_is_behind_the_tables_is_told(
    with_rules: Settings, columns: RuleColumns
) -> None:
    with psycopg.connect(with_rules.postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE rules SET state = 'off' WHERE name = 'a'")
    level, _, fact, hint = finding(with_rules, columns)
    assert level == "FAIL" and "has version 2, the tables have 3" in fact
    assert hint == "run `swipestream rules publish`"


def test_rules_that_the_stream_does_not_apply_are_told(
    with_rules: Settings, columns: RuleColumns
) -> None:
    status = {"serving": 1, "reason": "ValueError: x"}
    (with_rules.models_dir / STATUS_FILE).write_text(json.dumps(status))
    level, _, fact, _ = finding(with_rules, columns)
    assert level == "FAIL"
    assert fact == "the stream does not apply them: ValueError: x; version 1 goes on"
