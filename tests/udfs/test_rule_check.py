"""A rule fires where all its conditions hold, and nowhere else; unknown fulfills none of them."""

from typing import Any

import numpy as np
import pytest

from tests.udfs.rules_by_hand import COLUMNS, numbers_of, rule, rule_set, texts_of
from udfs.rule_check import RuleChecker
from udfs.rule_set import Rule, RuleList, RuleSet


def fired(rules: RuleSet, *rows: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    """Action, live and shadow rules of each payment."""
    found = RuleChecker(rules, COLUMNS).check(numbers_of(rows), texts_of(rows))
    return list(zip(found.actions, found.live, found.shadow, strict=True))


def fires(one: Rule, row: dict[str, Any], **lists: RuleList) -> bool:
    return fired(RuleSet(1, (one,), lists), row)[0][1] is not None


@pytest.mark.parametrize(
    ("condition", "below", "equal", "above"),
    [
        (("amount_cents", "=", 800), False, True, False),
        (("amount_cents", "<>", 800), True, False, True),
        (("amount_cents", "<", 800), True, False, False),
        (("amount_cents", "<=", 800), True, True, False),
        (("amount_cents", ">", 800), False, False, True),
        (("amount_cents", ">=", 800), False, True, True),
    ],
)
def test_numbers_are_compared(
    condition: tuple[Any, ...], below: bool, equal: bool, above: bool
) -> None:
    found = fired(
        rule_set(rule("a", condition)), *({"amount_cents": value} for value in (799, 800, 801))
    )
    assert [live is not None for _, live, _ in found] == [below, equal, above]


@pytest.mark.parametrize("operator", ["=", "<>", "<", "<=", ">", ">="])
def test_an_unknown_number_fulfills_no_comparison(operator: str) -> None:
    assert not fires(rule("a", ("km_from_home", operator, 0.0)), {"km_from_home": None})


@pytest.mark.parametrize("unknown", [None, ""])
def test_an_unknown_text_fulfills_no_comparison(unknown: str | None) -> None:
    row = {"channel": unknown, "card_id": unknown}
    assert not fires(rule("a", ("channel", "=", "pos")), row)
    assert not fires(rule("a", ("channel", "<>", "pos")), row)
    entries = RuleList("cards", {"c-1": None})
    assert not fires(rule("a", ("card_id", "in list", "bad")), row, bad=entries)


def test_unknown_can_be_asked_for() -> None:
    assert fires(rule("a", ("km_from_home", "is unknown")), {})
    assert not fires(rule("a", ("km_from_home", "is unknown")), {"km_from_home": 0.0})
    assert fires(rule("a", ("device_id", "is unknown")), {"device_id": ""})
    assert not fires(rule("a", ("device_id", "is unknown")), {"device_id": "d"})


def test_text_is_compared() -> None:
    assert fires(rule("a", ("channel", "=", "pos")), {"channel": "pos"})
    assert not fires(rule("a", ("channel", "=", "pos")), {"channel": "POS"})
    assert fires(rule("a", ("channel", "<>", "pos")), {"channel": "atm"})
    assert not fires(rule("a", ("channel", "<>", "pos")), {"channel": "pos"})


def test_all_conditions_have_to_hold() -> None:
    ring = rule(
        "ring",
        ("channel", "=", "online"),
        ("merchant_category", "=", "tickets"),
        ("card_txn_count_5m", ">=", 3),
        ("amount_cents", ">", 8000),
    )
    whole = {
        "channel": "online",
        "merchant_category": "tickets",
        "card_txn_count_5m": 3,
        "amount_cents": 8001,
    }
    assert fires(ring, whole)
    for name, value in (
        *(("channel", "pos"), ("merchant_category", "fuel")),
        *(("card_txn_count_5m", 2), ("amount_cents", 8000)),
    ):
        assert not fires(ring, whole | {name: value})


def test_an_entry_counts_until_it_expires_at_the_payments_own_time() -> None:
    entries = RuleList("cards", {"c-1": 1000, "c-2": None})
    one = rule("a", ("card_id", "in list", "bad"))
    for at, expected in ((999, True), (1000, False), ("999", True), ("1000", False)):
        assert fires(one, {"card_id": "c-1", "event_ms": at}, bad=entries) == expected
    assert fires(one, {"card_id": "c-2", "event_ms": 10**15}, bad=entries)
    assert not fires(one, {"card_id": "c-3", "event_ms": 0}, bad=entries)
    assert not fires(one, {"card_id": "c-1"}, bad=entries)


def test_allowing_comes_before_blocking_and_that_before_a_review() -> None:
    rules = [
        rule("a_review", ("amount_cents", ">", 0), action="review"),
        rule("b_block", ("amount_cents", ">", 1), action="block"),
        rule("c_allow", ("amount_cents", ">", 2), action="allow"),
    ]
    found = fired(rule_set(*rules), *({"amount_cents": value} for value in range(4)))
    assert found == [
        (None, None, None),
        ("review", "a_review", None),
        ("block", "a_review,b_block", None),
        ("allow", "a_review,b_block,c_allow", None),
    ]


def test_a_rule_in_shadow_is_named_and_asks_for_nothing_and_one_that_is_off_is_silent() -> None:
    rules = [
        rule("a", ("amount_cents", ">", 0), state="shadow"),
        rule("b", ("amount_cents", ">", 0), state="off"),
        rule("c", ("amount_cents", ">", 1), action="review"),
    ]
    found = fired(rule_set(*rules), {"amount_cents": 1}, {"amount_cents": 2})
    assert found == [(None, None, "a"), ("review", "c", "a")]


def test_amounts_are_compared_to_the_cent() -> None:
    # Beyond the 24 bits that the model's numbers have.
    assert fires(rule("a", ("amount_cents", ">", 16_777_216)), {"amount_cents": 16_777_217})
    assert not fires(rule("a", ("amount_cents", "=", 16_777_216)), {"amount_cents": 16_777_217})


def test_no_payments_and_no_rules_are_no_work() -> None:
    assert fired(rule_set(rule("a", ("amount_cents", ">", 0)))) == []
    assert fired(RuleSet(), {"amount_cents": 1}) == [(None, None, None)]


def test_rules_that_look_at_what_was_not_asked_for_are_left_out() -> None:
    rules = rule_set(rule("a", ("amount_cents", ">", 0)), rule("b", ("km_from_home", "is unknown")))
    checker = RuleChecker(rules, COLUMNS, known=frozenset({"amount_cents"}))
    row = [{"amount_cents": 5}]
    assert checker.names == ("a",)
    assert checker.check(numbers_of(row), texts_of(row)).live.tolist() == ["a"]


def test_a_batch_says_what_its_payments_say_alone() -> None:
    rng = np.random.default_rng(7)
    rules = rule_set(
        rule("a", ("amount_cents", ">", 50), ("channel", "=", "pos")),
        rule("b", ("km_from_home", "<>", 1.0), state="shadow"),
        rule("c", ("card_id", "in list", "bad"), action="allow"),
        bad=RuleList("cards", {f"c-{n}": None for n in range(0, 20, 3)}),
    )
    rows = [
        {
            "amount_cents": int(rng.integers(100)),
            "km_from_home": [None, 1.0, 2.0][int(rng.integers(3))],
            "channel": ["pos", "atm", None][int(rng.integers(3))],
            "card_id": f"c-{rng.integers(20)}",
        }
        for _ in range(300)
    ]
    assert fired(rules, *rows) == [fired(rules, row)[0] for row in rows]
