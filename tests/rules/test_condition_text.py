"""Conditions as people write them."""

from typing import Any

import pytest

from swipestream.rules.condition_text import condition_of
from tests.udfs.rules_by_hand import COLUMNS
from udfs.rule_set import Condition, RuleError

LISTS = {"bad": "cards", "far": "countries"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount_cents > 8000", ("amount_cents", ">", 8000)),
        ("amount_cents>=8000", ("amount_cents", ">=", 8000)),
        ("  km_from_home <> 1.5e3 ", ("km_from_home", "<>", 1500)),
        ("km_from_home < -0.25", ("km_from_home", "<", -0.25)),
        ("channel = online", ("channel", "=", "online")),
        ("channel = 'in store'", ("channel", "=", "in store")),
        ('channel <> "it\'s"', ("channel", "<>", "it's")),
        ("merchant_category = a=b", ("merchant_category", "=", "a=b")),
        ("card_id in list bad", ("card_id", "in list", "bad")),
        ("card_id in bad", ("card_id", "in list", "bad")),
        ("home_country in list far", ("home_country", "in list", "far")),
        ("device_id is unknown", ("device_id", "is unknown", None)),
    ],
)
def test_what_is_written_is_meant(text: str, expected: tuple[Any, ...]) -> None:
    found = condition_of(text, COLUMNS, LISTS)
    assert found == Condition(*expected)
    assert condition_of(str(found), COLUMNS, LISTS) == found


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        ("", "'' is not a condition", "write `COLUMN OPERATOR VALUE`"),
        ("amount_cents", "is not a condition", "operators are =, <>"),
        ("amount_cents like 5", "is not a condition", "operators are"),
        ("amount_cents >", "is not a condition", "operators are"),
        ("ammount_cents > 5", "there is no column ammount_cents", "did you mean amount_cents?"),
        ("amount_cents > many", "amount_cents is a number, and 'many' is not", "give a number"),
        ("amount_cents > nan", "amount_cents is a number", "give a number"),
        ("amount_cents > inf", "amount_cents is a number", "give a number"),
        ("channel > pos", "channel is text and has no order", "use ="),
        ("card_id in list worse", "there is no list worse", "choose bad or far"),
        ("merchant_id in bad", "bad is a list of cards", "use it with card_id"),
    ],
)
def test_what_is_none_is_refused_with_what_is_allowed(text: str, fact: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        condition_of(text, COLUMNS, LISTS)
    assert fact in caught.value.fact
    assert hint in caught.value.hint
