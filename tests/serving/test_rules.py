"""The team's rules in the API: the same file, followed beside the answers."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.decisions.rules import LOOK_SECONDS, Ruled, TeamRules
from tests.eventually import eventually
from tests.udfs.rules_by_hand import COLUMNS, rule, rule_set
from udfs.model_bundle import write_atomically
from udfs.rule_set import RULES_FILE, RuleList, RuleSet

PAYMENT: dict[str, Any] = {
    "amount_cents": 9000,
    "channel": "online",
    "card_id": "c-1",
    "event_ms": 1000,
    "km_from_home": None,
}
RULES = rule_set(
    rule("far", ("km_from_home", "is unknown"), ("amount_cents", ">", 1), action="review"),
    rule("known", ("card_id", "in list", "bad")),
    rule("seen", ("channel", "=", "online"), state="shadow"),
    version=4,
    bad=RuleList("cards", {"c-1": 2000}),
)


def publish(folder: Path, rules: RuleSet) -> None:
    write_atomically(folder / RULES_FILE, rules.text())


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamRules]:
    publish(tmp_path, RULES)
    found = TeamRules(tmp_path, COLUMNS)
    yield found
    found.close()


def test_what_fired_is_said_and_rules_in_shadow_are_not(team: TeamRules) -> None:
    assert team.check(PAYMENT, has_history=True) == Ruled("block", ("far", "known"), 4)
    late = PAYMENT | {"event_ms": 2000, "km_from_home": 1.0}
    assert team.check(late, has_history=True) == Ruled(None, (), 4)


def test_without_history_rules_on_features_do_not_fire(team: TeamRules) -> None:
    """What nobody asked for is not unknown."""
    sent = {name: value for name, value in PAYMENT.items() if name != "km_from_home"}
    assert team.check(sent, has_history=False) == Ruled("block", ("known",), 4)


def test_without_a_file_nothing_fires(tmp_path: Path) -> None:
    team = TeamRules(tmp_path, COLUMNS)
    try:
        assert team.check(PAYMENT, has_history=True) == Ruled()
    finally:
        team.close()


def test_a_change_is_followed_and_a_broken_file_is_not(team: TeamRules, tmp_path: Path) -> None:
    (tmp_path / RULES_FILE).write_text("{")
    publish(tmp_path, rule_set(version=5))
    eventually(
        lambda: team.check(PAYMENT, has_history=True), lambda found: found == Ruled(None, (), 5)
    )
    (tmp_path / RULES_FILE).write_text("{")
    eventually(lambda: team._watcher.problem is not None, seconds=20 * LOOK_SECONDS)
    assert team.check(PAYMENT, has_history=True) == Ruled(None, (), 5)


def test_what_fails_costs_the_rules_and_not_the_answer(
    team: TeamRules, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            bad = PAYMENT | {"amount_cents": "secret"}
            assert team.check(bad, has_history=True) == Ruled()
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text
    assert team.check(PAYMENT, has_history=True).version == 4
