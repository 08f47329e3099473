"""The stream's function, in Java, says the same as the checker in Python."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swipestream.card_numbers.finding import unescaped_card_numbers
from swipestream.sending.field_kinds import IDENTIFIER
from tests.card_numbers.cases import CASES, Case
from tests.card_numbers.stream_function import stream_function
from tests.card_numbers.texts import PATIENT, TEXTS

Checker = Callable[..., bool]
# Each call goes from Python to Java and takes milliseconds.
EXAMPLES = settings(PATIENT, max_examples=600)


@pytest.fixture(scope="module")
def holds_card_number() -> Checker:
    """As the job calls it."""
    return stream_function()


def as_read(case: Case) -> str:
    """The text as the stream has it after reading JSON."""
    text = case.text
    for _ in range(case.escaped.count("json")):
        text = re.sub(r'(?<!\\)"', r"\"", text)
        text = json.loads(f'"{text}"')
    return text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case(case: Case, holds_card_number: Checker) -> None:
    if case.escaped in ("address", "html"):
        # An identifier cannot have such escapes, so the stream refuses these anyhow.
        assert not IDENTIFIER.match(case.text)
        return
    assert holds_card_number(as_read(case)) == case.is_card_number


def test_each_of_several_texts_counts_and_none_is_joined_with_the_next(
    holds_card_number: Checker,
) -> None:
    number = "4111111111111111"
    assert holds_card_number(number, None, "a")
    assert holds_card_number("a", None, number)
    assert not holds_card_number("4111", "1111", "1111", "1111")
    assert not holds_card_number(None, None)


@EXAMPLES
@given(TEXTS)
def test_any_text(holds_card_number: Checker, text: str) -> None:
    assert holds_card_number(text) == any(unescaped_card_numbers(text))


@EXAMPLES
@given(st.text("012345679.:-_dfDFe \u0661\uff14", min_size=13, max_size=80))
def test_any_digits(holds_card_number: Checker, text: str) -> None:
    assert holds_card_number(text) == any(unescaped_card_numbers(text))


def test_a_long_row_of_digits(holds_card_number: Checker) -> None:
    assert holds_card_number("1 " * 10_001)
    assert not holds_card_number("1 " * 9_999)
    assert not holds_card_number("1" * 19_999)
