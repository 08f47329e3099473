"""Contributions become at most three reasons for fraud and one against, and nothing gets lost."""

from typing import Any

import numpy as np
import pytest

from flink_jobs.feature_registry import REASON_GROUPS, feature_registry
from flink_jobs.score_payments import JOB
from swipestream.reasons import codes
from swipestream.reasons.explanation import Reason, reasons_of, rule_of, with_rule

REGISTRY = feature_registry(JOB)
FEATURES = JOB.model_features
VALUES: dict[str, Any] = dict.fromkeys(FEATURES) | {
    "amount_cents": 12_345, "currency": "EUR", "amount_to_card_mean_7d": 9.2, "channel": "online",
    "card_txn_count_5m": 3, "card_merchant_count_5m": 3, "local_hour": 3, "local_weekday": 6,
    "merchant_category": "electronics", "account_age_days": 400.0, "is_usual_device": 0,
}  # fmt: skip
POLICY = {
    "version": 4, "rule_block_kmh": 1000.0, "rule_block_km": 200.0,
    "rule_review_txn_count_5m": 5, "rule_review_amount_cents": 200_000,
}  # fmt: skip


def explained(base: float = -4.0, **contributions: float) -> list[Reason]:
    parts = [contributions.get(name, 0.0) for name in FEATURES]
    return reasons_of(VALUES, FEATURES, [*parts, base], REGISTRY)


def shown(reasons: list[Reason]) -> list[tuple[str, str, str]]:
    return [(reason.kind, reason.code, reason.text) for reason in reasons]


def test_the_strongest_groups_come_first_and_the_one_against_after_them() -> None:
    reasons = explained(
        amount_to_card_mean_7d=1.5,
        card_txn_count_5m=0.7,
        card_merchant_count_5m=0.9,
        is_usual_device=0.2,
        local_hour=0.1,
        account_age_days=-0.4,
        merchant_category=-0.9,
    )
    assert shown(reasons) == [
        ("for", "R02", "4 payments within 5 minutes at 3 merchants"),
        ("for", "R01", "9.2 times the card's mean of 7 days"),
        ("for", "R08", "a device that is not the usual one"),
        ("against", "R11", "electronics, online"),
        ("rest", "", ""),
        ("base", "", ""),
    ]
    assert [reason.rank for reason in reasons] == [1, 2, 3, 4, 5, 6]
    assert [reason.contribution for reason in reasons] == pytest.approx(
        [1.6, 1.5, 0.2, -0.9, 0.1 - 0.4, -4.0]
    )


def test_a_group_is_worded_by_the_feature_that_says_most() -> None:
    (reason, *_) = explained(amount_cents=0.9, amount_to_card_mean_7d=-0.3)
    assert (reason.kind, reason.text) == ("for", "an amount of 123.45 EUR")
    (reason, *_) = explained(amount_cents=0.2, amount_to_card_mean_7d=-0.6)
    assert (reason.kind, reason.text) == ("against", "9.2 times the card's mean of 7 days")


def test_what_adds_nothing_is_no_reason() -> None:
    assert shown(explained()) == [("rest", "", ""), ("base", "", "")]
    assert [reason.kind for reason in explained(is_night=0.1)] == ["for", "rest", "base"]
    assert [reason.kind for reason in explained(is_night=-0.1)] == ["against", "rest", "base"]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_gets_lost(seed: int) -> None:
    parts = np.random.default_rng(seed).normal(size=len(FEATURES) + 1)
    reasons = reasons_of(VALUES, FEATURES, parts.tolist(), REGISTRY)
    assert sum(reason.contribution or 0 for reason in reasons) == pytest.approx(parts.sum())
    assert [reason.rank for reason in reasons] == list(range(1, len(reasons) + 1))
    told = [reason.code for reason in reasons if reason.code]
    assert len(told) == len(set(told)) <= 4


def test_a_feature_that_the_sql_no_longer_has_is_said() -> None:
    reasons = reasons_of({"terminal_age_days": 3.0}, ["terminal_age_days"], [0.4, -1.0], REGISTRY)
    assert shown(reasons)[0] == ("for", "R99", "terminal age days: 3")


def test_every_group_has_its_code_and_no_code_has_two() -> None:
    assert set(codes.OF_GROUPS) == set(REASON_GROUPS)
    names = [code.code for code in codes.CODES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("payment", "code", "text"),
    [
        (
            {"kmh_from_previous": 5000.0, "km_from_previous": 300.4, "card_txn_count_5m": 9,
             "seconds_since_previous": 216.0},
            "P02", "no score; 300 km from the previous payment, 4 min earlier",
        ),
        ({"kmh_from_previous": 5000.0, "km_from_previous": 100.0, "card_txn_count_5m": 6,
          "card_merchant_count_5m": 1}, "P03", "no score; 7 payments within 5 minutes"),
        ({"amount_cents": 250_000}, "P04", "no score; an amount of 2,500.00 EUR"),
        ({"policy_version": None}, "P01", "no policy for the channel online"),
        ({"policy_version": 3}, "P05", "no score; a rule of policy 3, changed since"),
        ({}, "P05", "no score; a rule of policy 4, changed since"),
    ],
)  # fmt: skip
def test_the_rule_that_decided(payment: dict[str, Any], code: str, text: str) -> None:
    values = VALUES | {"policy_version": 4, "card_txn_count_5m": 0} | payment
    reason = rule_of(values, POLICY)
    assert (reason.kind, reason.code, reason.text) == ("rule", code, text)
    assert reason.contribution is None


def test_a_rule_comes_before_the_model() -> None:
    rule = rule_of(VALUES | {"policy_version": None}, None)
    reasons = with_rule(rule, explained(amount_cents=1.0))
    assert [(reason.rank, reason.kind) for reason in reasons] == [
        (1, "rule"), (2, "for"), (3, "rest"), (4, "base"),
    ]  # fmt: skip
    assert with_rule(None, []) == []
