"""The rules that are measured are as many as is said, and the stream would take them."""

import json
from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka", reason="only the streaming environment has a stack")
from bench.rules import ENTRIES, RULES, Cost, rules_to_measure, step_costs
from flink_jobs.pipelines import PAYMENTS
from swipestream.rules.columns import rule_columns
from udfs.rule_set import parse_rules


def test_twenty_rules_and_a_hundred_thousand_entries_are_measured() -> None:
    found = rules_to_measure()
    assert (len(found.rules), RULES) == (20, 20)
    assert {len(rule.conditions) for rule in found.rules} == {3}
    assert len(found.lists["cards"].entries) == ENTRIES == 100_000
    assert parse_rules(json.loads(found.text()), rule_columns(PAYMENTS.job)) == found


def test_the_medians_are_compared() -> None:
    cost = Cost(without=[100.0, 500.0, 90.0], with_rules=[101.0, 102.0, 103.0])
    assert cost.share == pytest.approx(0.02)


def test_the_step_is_timed_without_a_stack(tmp_path: Path) -> None:
    (found,) = step_costs(tmp_path, [3])
    assert found.batch == 3
    assert min(found.without, found.with_rules) > 0
