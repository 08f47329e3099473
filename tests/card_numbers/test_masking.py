"""All but the last four digits of a card number are masked, in whatever bytes it is."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from swipestream.card_numbers import card_numbers as found_in
from swipestream.card_numbers import (
    holds_card_number,
    mask_card_numbers,
    mask_in_text,
    masked,
)
from tests.card_numbers.cases import CASES, Case
from tests.card_numbers.texts import PATIENT, TEXTS, card_numbers, is_dated, written

PLAIN = [case for case in CASES if not case.escaped]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case_as_a_text(case: Case) -> None:
    assert mask_in_text(case.text) == case.masked


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case_as_bytes(case: Case) -> None:
    payload = case.text.encode()
    kept = mask_card_numbers(payload)
    assert len(kept) == len(payload)
    # A digit of several bytes becomes that many asterisks.
    assert re.sub(rb"\*+", b"*", kept) == re.sub(r"\*+", "*", case.masked).encode()
    assert (kept == payload) != case.is_card_number


@pytest.mark.parametrize("case", PLAIN, ids=str)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_each_case_in_a_message(case: Case, is_ascii: bool) -> None:
    payload = json.dumps({"currency": "XXX", "a": [case.text]}, ensure_ascii=is_ascii).encode()
    kept = json.loads(mask_card_numbers(payload))["a"][0]
    assert re.sub(r"\*+", "*", kept) == re.sub(r"\*+", "*", case.masked)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_wider_characters(encoding: str) -> None:
    payload = "4111111111111111".encode(encoding)
    assert mask_card_numbers(payload) == "************1111".encode(encoding)


def test_bytes_that_are_no_text() -> None:
    assert mask_card_numbers(b"\xff4111111111111111\xc3") == b"\xff************1111\xc3"
    assert mask_card_numbers(b"4111\xff1111\xfe1111\x80\x801111") == (
        b"****\xff****\xfe****\x80\x801111"
    )


@PATIENT
@given(card_numbers().filter(lambda n: not is_dated(n)), st.binary(max_size=20), st.data())
def test_no_card_number_is_left_whatever_is_around_it(
    number: str, around: bytes, data: st.DataObject
) -> None:
    text = data.draw(written(number))
    assume(holds_card_number(text))
    for whole in (text, json.dumps(text), json.dumps(json.dumps(text))):
        payload = around + b"z" + whole.encode() + b"z" + around
        kept = mask_card_numbers(payload)
        assert len(kept) == len(payload)
        assert whole.encode() not in kept
        assert kept.count(b"*") >= len(number) - 4


@PATIENT
@given(st.binary(max_size=400))
def test_masking_keeps_the_length_and_hits_digits_only(payload: bytes) -> None:
    kept = mask_card_numbers(payload)
    assert len(kept) == len(payload)
    if b"\\" not in payload and b"%" not in payload and b"&" not in payload and payload.isascii():
        assert all(a == b or a in b"0123456789" for a, b in zip(payload, kept, strict=True))


@PATIENT
@given(TEXTS)
def test_what_is_masked_holds_no_card_number(text: str) -> None:
    kept = mask_in_text(text)
    numbers = ["".join(text[a:b] for a, b in digits) for digits in found_in(text)]
    # Of two numbers that share digits, one may be left with the last four of the other.
    assume(len(numbers) < 2)
    assert not holds_card_number(kept)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111111111111111", "****1111"),
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("\uff14\uff11\uff11\uff11111111111111", "****1111"),
        ("411111111111", "****1111"),
        ("4111111111111112", "****1112"),
        ("4.11111E+15", "****"),
        ("2026-11-30 12:34", "2026-11-30 12:34"),
        ("2,345.67 euros", "2,345.67 euros"),
    ],
)
def test_what_messages_show(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_number_that_is_cut_is_not_shown() -> None:
    text = "a card 4111-1111-1111-1111"
    for most in range(7, len(text)):
        assert masked(text, most) == "a card"
    assert masked(text, len(text)) == "a card ****-****-****-1111"
