"""The rule of decisions is the stream's text, and decides as the stream does."""

from typing import Any

import pytest

from flink_jobs.decision_rule import FILE
from flink_jobs.pipelines import PAYMENTS
from serving.decisions.rule import DecisionRule, Verdict, rule_text

POLICY: dict[str, Any] = {
    "channel": "pos",
    "version": 7,
    "review_score": 0.5,
    "block_score": 0.9,
    "rule_block_kmh": 1000.0,
    "rule_block_km": 100.0,
    "rule_review_txn_count_5m": 5,
    "rule_review_amount_cents": 100_000,
}
PAYMENT = {"channel": "pos", "amount_cents": 100, "card_txn_count_5m": 0}


@pytest.fixture
def rule() -> DecisionRule:
    found = DecisionRule()
    found.take([POLICY])
    return found


def test_the_text_is_the_streams() -> None:
    query, columns = rule_text()
    text = PAYMENTS.job.path(FILE).read_text("utf-8")
    begin = text.index("    CASE\n")
    assert text[begin:].partition(" AS decision")[0].strip() in query
    assert "score IS NULL OR policy_version IS NULL" in text
    assert "score IS NULL OR policy_version IS NULL" in query
    assert {"score", "channel", "amount_cents", "kmh_from_previous"} <= set(columns)


@pytest.mark.parametrize(
    "score, decision",
    [(0.0, "approve"), (0.499, "approve"), (0.5, "review"), (0.9, "block"), (1.0, "block")],
)
def test_a_score_decides_by_the_thresholds(rule: DecisionRule, score: float, decision: str) -> None:
    # Rules do not overrule a score.
    payment = PAYMENT | {"amount_cents": 10**8, "card_txn_count_5m": 99}
    assert rule.verdict(payment, score) == Verdict(decision, False, 7)


@pytest.mark.parametrize(
    "changes, decision",
    [
        ({}, "approve"),
        ({"amount_cents": 99_999}, "approve"),
        ({"amount_cents": 100_000}, "review"),
        ({"card_txn_count_5m": 5}, "review"),
        ({"kmh_from_previous": 1000.0, "km_from_previous": 100.0}, "block"),
        ({"kmh_from_previous": 1000.0, "km_from_previous": 99.0}, "approve"),
        ({"kmh_from_previous": None, "km_from_previous": None}, "approve"),
    ],
)
def test_without_a_score_rules_decide_and_it_is_degraded(
    rule: DecisionRule, changes: dict[str, Any], decision: str
) -> None:
    assert rule.verdict(PAYMENT | changes, None) == Verdict(decision, True, 7)


def test_without_a_policy_somebody_reviews(rule: DecisionRule) -> None:
    assert rule.verdict(PAYMENT | {"channel": "atm"}, 0.1) == Verdict("review", True, None)
    assert DecisionRule().verdict(PAYMENT, 0.1) == Verdict("review", True, None)


def test_without_the_history_what_it_would_have_said_is_unknown(rule: DecisionRule) -> None:
    assert rule.verdict({"channel": "pos", "amount_cents": 100}, None).decision == "approve"


def test_a_changed_policy_decides_from_then_on(rule: DecisionRule) -> None:
    rule.take([POLICY | {"version": 8, "review_score": 0.2}])
    assert rule.verdict(PAYMENT, 0.3) == Verdict("review", False, 8)
