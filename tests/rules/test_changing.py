"""Rules and lists change with who and why, reach the file, and can be followed back."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg import errors

from swipestream.database.locks import Lock
from swipestream.retraining.run import alone
from swipestream.rules.changing import changing
from swipestream.rules.publishing import publish
from swipestream.rules.tables import RuleChange, rule_changes, rules_after, rules_now
from swipestream.settings import Settings
from tests.udfs.rules_by_hand import rule
from udfs.rule_set import RULES_FILE, Rule, RuleColumns, RuleError, RuleSet, read_rules

RING = rule("ring", ("channel", "=", "online"), ("amount_cents", ">", 8000), state="shadow")
CARD_NUMBER = "4111 1111 1111 1111"


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        yield connection


def do(settings: Settings, columns: RuleColumns, what: str, *arguments: Any) -> RuleSet:
    """One change, by anna; the rules afterwards."""
    with changing(settings, columns, "anna", f"to {what}") as opened:
        getattr(opened, what)(*arguments)
    return opened.now


def published(settings: Settings, columns: RuleColumns) -> RuleSet:
    return read_rules(settings.models_dir / RULES_FILE, columns)


def test_a_new_rule_is_in_the_file_with_who_and_why(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    found = do(settings, columns, "add", RING)
    assert found == published(settings, columns) == RuleSet(1, (RING,), {})
    (change,) = rule_changes(connection)
    assert (change.change_number, change.actor, change.why) == (1, "anna", "to add")
    assert (change.subject, change.name, change.before) == ("rule", "ring", None)
    assert change.what == "shadow: block if channel = online and amount_cents > 8000"


def test_what_is_different_is_said(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    do(settings, columns, "set_state", "ring", "live")
    do(settings, columns, "change", rule("ring", ("channel", "=", "pos"), action="review"))
    do(settings, columns, "add_entries", "bad", "cards", {"c-1": None, "c-2": 5})
    do(settings, columns, "add_entries", "bad", "", {"c-1": None, "c-2": 6, "c-3": None})
    do(settings, columns, "remove_entries", "bad", ["c-3", "c-1"])
    assert [(item.name, item.what) for item in rule_changes(connection)[1:]] == [
        ("ring", "shadow to live"),
        (
            "ring",
            "block to review; channel = online and amount_cents > 8000 to channel = pos",
        ),
        ("bad", "list of cards"),
        ("bad", "2 added"),
        ("bad", "1 removed"),
        ("bad", "2 added"),
        ("bad", "2 removed"),
    ]
    versions = connection.execute("SELECT version FROM rules").fetchall()
    assert versions == [(3,)]


def test_the_same_again_is_no_change(settings: Settings, columns: RuleColumns) -> None:
    do(settings, columns, "add", RING)
    do(settings, columns, "add_entries", "bad", "cards", {"c-1": None})
    for what, *arguments in (
        ("set_state", "ring", "shadow"),
        ("change", RING),
        ("add_entries", "bad", "cards", {"c-1": None}),
    ):
        assert do(settings, columns, what, *arguments).version == 3


def test_a_rule_that_is_off_leaves_the_file_and_comes_back(
    settings: Settings, columns: RuleColumns
) -> None:
    do(settings, columns, "add", RING)
    assert do(settings, columns, "set_state", "ring", "off").rules[0].state == "off"
    assert published(settings, columns) == RuleSet(2, (), {})
    do(settings, columns, "set_state", "ring", "live")
    assert [one.state for one in published(settings, columns).rules] == ["live"]


def test_every_version_can_be_read_back(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    """What parity relies on: the changes alone say what was in force."""
    bad = rule("known", ("card_id", "in list", "bad"), action="review")
    steps: tuple[tuple[Any, ...], ...] = (
        ("add", RING),
        ("add_entries", "bad", "cards", {"c-1": None, "c-2": 2000}),
        ("add", bad),
        ("set_state", "ring", "live"),
        ("add_entries", "bad", "cards", {"c-1": 1000, "c-3": None}),
        ("remove_entries", "bad", ["c-2"]),
        ("set_state", "known", "off"),
        ("add_entries", "far", "countries", {"KP": None}),
    )
    seen = [do(settings, columns, *step) for step in steps]
    changes = rule_changes(connection)
    assert [change.change_number for change in changes] == list(range(1, len(changes) + 1))
    for known in seen:
        assert known.version is not None
        assert rules_after(changes, known.version) == known
    with pytest.raises(RuleError, match="there is no change 99"):
        rules_after(changes, 99)


def test_what_is_refused_changes_nothing(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    do(settings, columns, "add_entries", "bad", "cards", {"c-1": None})
    before = rule_changes(connection)
    for what, arguments, fact in (
        ("add", (RING,), "there is a rule ring"),
        ("add", (rule("b", ("amount", ">", 1)),), "there is no column amount"),
        ("add", (rule("b", ("card_id", "in list", "no")),), "there is no list no"),
        ("add", (rule("B", ("amount_cents", ">", 1)),), "is not a name of a rule"),
        ("change", (rule("b", ("amount_cents", ">", 1)),), "there is no rule 'b'"),
        ("set_state", ("b", "live"), "there is no rule 'b'"),
        ("add_entries", ("new", "", {"c": None}), "there is no list new"),
        ("add_entries", ("bad", "devices", {"c": None}), "bad is a list of cards"),
        ("add_entries", ("bad", "", {"c-2": None, "": None}), "cannot be an entry of a list"),
        ("remove_entries", ("bad", ["c-1", "c-9"]), "bad has no entry c-9"),
        ("remove_entries", ("no", ["c-1"]), "there is no list 'no'"),
    ):
        with pytest.raises(RuleError) as caught:
            do(settings, columns, what, *arguments)
        assert fact in caught.value.fact
        assert caught.value.hint
    assert rule_changes(connection) == before


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("add_entries", ("bad", "cards", {"c-1": None, CARD_NUMBER: None})),
        ("add_entries", ("bad", "cards", {CARD_NUMBER.replace(" ", ""): None})),
        ("add", (rule("b", ("card_id", "=", CARD_NUMBER)),)),
        ("add", (rule("b", ("merchant_category", "=", f"x {CARD_NUMBER}")),)),
    ],
)
def test_a_card_number_in_clear_is_refused_and_not_shown(
    settings: Settings, columns: RuleColumns, what: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(RuleError) as caught:
        do(settings, columns, what, *arguments)
    assert "is a card number in clear" in caught.value.fact
    assert "1111 1111" not in caught.value.fact and "11111111" not in caught.value.fact
    assert not (settings.models_dir / RULES_FILE).exists()


def test_a_card_number_is_no_reason(settings: Settings, columns: RuleColumns) -> None:
    with (
        pytest.raises(RuleError, match="--why is a card number in clear"),
        changing(settings, columns, "anna", f"the card {CARD_NUMBER}"),
    ):
        pass


def test_changes_are_only_added_to(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    do(settings, columns, "add_entries", "bad", "cards", {"c-1": None})
    for statement in (
        "UPDATE rule_changes SET why = 'x'",
        "DELETE FROM rule_changes",
        "TRUNCATE rule_changes",
        "TRUNCATE rules",
        "TRUNCATE rule_list_entries",
        "TRUNCATE rule_lists CASCADE",
        "UPDATE rule_list_entries SET expires_ms = 1",
    ):
        with pytest.raises(errors.RestrictViolation, match="only added to"):
            connection.execute(statement)
    assert len(rule_changes(connection)) == 3


def test_a_change_without_this_program_is_recorded_too(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    connection.execute("UPDATE rules SET state = 'live'")
    connection.execute("DELETE FROM rules")
    by_hand, removed = rule_changes(connection)[1:]
    assert (by_hand.actor, by_hand.why, by_hand.what) == (
        *("swipestream", "no reason given"),
        "shadow to live",
    )
    assert (removed.after, removed.what) == (None, "removed")
    assert rules_after([*rule_changes(connection)], 3).rules == ()


def test_a_file_that_cannot_be_written_is_told_and_made_up_for(
    settings: Settings, columns: RuleColumns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("swipestream.rules.publishing.write_atomically", refuse)
        with pytest.raises(RuleError, match="stored and not in force") as caught:
            do(settings, columns, "add", RING)
    assert "No space left" in caught.value.fact and "rules publish" in caught.value.hint
    assert not (settings.models_dir / RULES_FILE).exists()
    # Any change completes what was interrupted, one that changes nothing too.
    do(settings, columns, "set_state", "ring", "shadow")
    assert published(settings, columns).version == 1


def test_a_rule_that_cannot_be_evaluated_any_more_can_be_switched_off(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    fewer = RuleColumns(columns.numbers[1:], columns.texts)
    assert columns.numbers[0] == "amount_cents"
    with pytest.raises(RuleError, match="there is no column amount_cents"):
        do(settings, fewer, "set_state", "ring", "live")
    assert do(settings, fewer, "set_state", "ring", "off").rules[0].state == "off"
    assert published(settings, fewer).rules == ()


def test_a_rule_that_cannot_be_evaluated_does_not_replace_the_file(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    do(settings, columns, "add", RING)
    connection.execute(
        "INSERT INTO rules (name, conditions, action, state) VALUES ('by_hand', "
        """'[{"column": "amount", "operator": ">", "value": 1}]', 'block', 'live')"""
    )
    other = rule("other", ("amount_cents", ">", 1))
    with pytest.raises(RuleError, match="the rule by_hand cannot be evaluated") as caught:
        do(settings, columns, "add", other)
    assert "stored and not in force" in caught.value.fact
    assert "`swipestream rules off by_hand`" in caught.value.hint
    # A worker that starts now has the rules before.
    assert published(settings, columns).rules == (RING,)
    do(settings, columns, "set_state", "by_hand", "off")
    assert published(settings, columns).rules == (other, RING)


def test_changes_at_once_take_turns(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    names = ("one", "two", "three")
    for name in names:
        do(settings, columns, "add", rule(name, ("amount_cents", ">", 1), state="off"))

    def alternate(name: str) -> None:
        for number in range(8):
            do(settings, columns, "set_state", name, ("live", "shadow")[number % 2])

    threads = [Thread(target=alternate, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    changes: list[RuleChange] = rule_changes(connection)
    assert [change.change_number for change in changes] == list(range(1, 3 + 3 * 8 + 1))
    assert published(settings, columns) == rules_now(connection)


def test_a_hundred_thousand_entries_are_one_change(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    entries = {f"{number:032x}": None for number in range(100_000)}
    known: Rule = rule("known", ("card_id", "in list", "bad"))
    do(settings, columns, "add_entries", "bad", "cards", entries)
    do(settings, columns, "add", known)
    assert [change.what for change in rule_changes(connection)][:2] == [
        *("list of cards", "100,000 added")
    ]
    assert published(settings, columns).lists["bad"].entries == entries


def test_without_a_change_there_is_nothing_to_publish(
    settings: Settings, columns: RuleColumns, connection: psycopg.Connection
) -> None:
    assert publish(connection, settings.models_dir, columns) == RuleSet()
    assert list(settings.models_dir.iterdir()) == []


def test_the_file_names_no_one(settings: Settings, columns: RuleColumns) -> None:
    do(settings, columns, "add", RING)
    text = (settings.models_dir / RULES_FILE).read_text()
    assert set(json.loads(text)) == {"format", "version", "rules", "lists"}
    assert "anna" not in text


def test_a_lock_that_is_held_is_told(
    settings: Settings,
    columns: RuleColumns,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("swipestream.rules.changing.PATIENCE_SECONDS", 0.1)
    connection.execute("SELECT pg_advisory_lock(%s)", (Lock.RULES,))
    with (
        pytest.raises(RuleError, match="another change of the rules has been under way"),
        changing(settings, columns, "anna"),
    ):
        pass


def test_rules_change_while_a_model_is_trained_and_cases_are_opened(
    settings: Settings,
    columns: RuleColumns,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("swipestream.rules.changing.PATIENCE_SECONDS", 0.1)
    with alone(connection), connection.transaction():
        # As the follower alert-cases does; with one number for all, this would wait for both.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.CASES,))
        do(settings, columns, "add", RING)
    assert json.loads((settings.models_dir / RULES_FILE).read_text())["version"] == 1
