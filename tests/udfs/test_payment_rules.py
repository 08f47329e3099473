"""Batches as the stream hands them over: every row gets an answer, and nothing is raised."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.udfs.float64_vectors import float64_vectors
from tests.udfs.rules_by_hand import COLUMNS, rule, rule_set
from udfs.model_bundle import write_atomically
from udfs.payment_rules import SEPARATOR, PaymentRules
from udfs.rule_set import RULES_FILE, RuleList

NUMBERS, TEXTS = ",".join(COLUMNS.numbers), ",".join(COLUMNS.texts)


@pytest.fixture
def rules(tmp_path: Path) -> PaymentRules:
    found = rule_set(
        rule("known", ("card_id", "in list", "bad"), action="review", state="shadow"),
        rule("ring", ("channel", "=", "online"), ("amount_cents", ">", 8000)),
        version=5,
        bad=RuleList("cards", {"c-1": 2000}),
    )
    write_atomically(tmp_path / RULES_FILE, found.text())
    return PaymentRules(str(tmp_path), NUMBERS, TEXTS)


def packed(*values: str) -> str:
    """card_id, merchant_id, device_id, merchant_country, home_country, event_ms."""
    return SEPARATOR.join(values)


def batch() -> tuple[Any, ...]:
    return (
        float64_vectors([9000, 9000, 10, 10], [1, 1, 1, 1], [None, 2.0, 3.0, 4.0]),
        [
            pd.Series(["online", "pos", "online", None], dtype=object),
            pd.Series(["tickets", None, "fuel", "fuel"], dtype=object),
        ],
        pd.Series(
            [
                packed("c-9", "m", "", "FR", "DE", "1000"),
                packed("c-1", "m", "d", "FR", "", "1000"),
                packed("c-1", "m", "d", "", "DE", "2000"),
                packed("c-1", "", "", "", "", ""),
            ]
        ),
    )


def test_each_row_says_what_fired_and_by_which_version(rules: PaymentRules) -> None:
    found = rules.columns(*batch())
    assert {name: list(column) for name, column in found.items()} == {
        "rules_fired": ["ring", None, None, None],
        "shadow_rules_fired": [None, "known", None, None],
        "rule_action": ["block", None, None, None],
        "rules_version": [5, 5, 5, 5],
    }


@pytest.mark.parametrize("models_dir", ["", "/nowhere"])
def test_without_a_file_nothing_fires_and_there_is_no_version(models_dir: str) -> None:
    found = PaymentRules(models_dir, NUMBERS, TEXTS).columns(*batch())
    assert [list(column) for column in found.values()] == [[None] * 4] * 4


def test_what_fails_costs_the_rules_of_the_batch_and_is_logged_once(
    rules: PaymentRules, caplog: pytest.LogCaptureFixture
) -> None:
    vectors, texts, _ = batch()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            found = rules.columns(vectors, texts, pd.Series(["c-1"] * 4))
    assert [list(column) for column in found.values()] == [[None] * 4] * 4
    assert len(caplog.records) == 1
    assert list(rules.columns(*batch())["rules_version"]) == [5] * 4
