"""Card numbers are found however they are written; other numbers are left alone."""

import string
import time
import uuid
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.card_numbers.identifiers import TELLABLE
from swipestream.card_numbers import holds_card_number, is_luhn_valid
from swipestream.card_numbers.rules import read_rules
from tests.card_numbers.cases import CASES, Case
from tests.card_numbers.texts import PATIENT, TEXTS, card_numbers, is_dated, is_dated_group, written

# Ends what could be a longer number or a part of one.
EDGES = st.sampled_from(("", "x", "card ", "order-12x", "PAN:", "\u00e9", '{"a":"', "\n"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case(case: Case) -> None:
    assert holds_card_number(case.text) == case.is_card_number


def test_luhn() -> None:
    assert is_luhn_valid("79927398713")
    assert not is_luhn_valid("79927398710")


@PATIENT
@given(card_numbers(), st.integers(0, 18), st.sampled_from(string.digits))
def test_another_digit_makes_another_check_digit(number: str, place: int, digit: str) -> None:
    assume(place < len(number) and number[place] != digit)
    assert not is_luhn_valid(number[:place] + digit + number[place + 1 :])


@PATIENT
@given(card_numbers(), EDGES, EDGES)
def test_a_number_in_one_piece_is_found(number: str, before: str, after: str) -> None:
    assume(not is_dated(number))
    assert holds_card_number(before + number + after)


@PATIENT
@given(card_numbers().filter(lambda number: not is_dated(number)).flatmap(written), EDGES, EDGES)
def test_a_number_in_groups_is_found(text: str, before: str, after: str) -> None:
    assume(not is_dated_group(text))
    assert holds_card_number(before + text + after)


@PATIENT
@given(card_numbers(), card_numbers(), st.integers(0, 12))
def test_padded_and_side_by_side(one: str, other: str, zeros: int) -> None:
    assume(not is_dated(one))
    assert holds_card_number(one.zfill(32))
    assert holds_card_number(one.zfill(len(one) + zeros))
    if len(one) + len(other) > 19:
        assert holds_card_number("0" * zeros + one + other)
        assert holds_card_number(one + "0" * zeros + other)


@PATIENT
@given(card_numbers(), st.dates(), st.sampled_from("Dd"), st.integers(1, 20))
def test_track_2_in_hexadecimal_digits(number: str, end: object, mark: str, rest: int) -> None:
    track = f"{number}{mark}{end:%y%m}201{'7' * rest}"
    assert holds_card_number(track + "F" * (len(track) % 2))


@PATIENT
@given(TEXTS, TEXTS)
def test_what_is_behind_a_letter_changes_nothing(one: str, other: str) -> None:
    if holds_card_number(one) and not one[-1:].isalnum():
        assert holds_card_number(f"{one} zz zz {other}")


@PATIENT
@given(st.uuids(version=4), st.binary(min_size=16, max_size=32))
def test_uuids_and_hashes_are_none(name: uuid.UUID, digest: bytes) -> None:
    assert not holds_card_number(str(name))
    if not digest.hex().isdigit():
        assert not holds_card_number(digest.hex())


@pytest.mark.parametrize("kind", TELLABLE)
def test_false_alarms_are_few(kind: str) -> None:
    random = Random(11)
    count = 5_000
    found = sum(holds_card_number(TELLABLE[kind](random)) for _ in range(count))
    assert found <= count // 1_000, f"{found} of {count}"


@pytest.mark.parametrize(
    "text",
    [
        *("1 " * 500_000, "4" * 1_000_000, "4" * 200_000 + "x", "4-" * 9_999, "0" * 100_000),
        *("\\u0034" * 50_000, "4-" * 9_999 + "x", "4.4" * 5_000, "2030-01-01 " * 1_500),
    ],
    ids=lambda text: f"{text[:6]} and so on",
)
def test_long_rows_of_digits_take_no_long_time(text: str) -> None:
    begin = time.process_time()
    holds_card_number(text)
    assert time.process_time() - begin < 5


def test_the_rules_have_lengths_by_first_digits() -> None:
    text = "issuer a 5-6 16\nissuer b 51 13 14\ngap 3\nskip x y\n"
    rest = "track2 t\nexponent e\ndated d\ndated_group g\n"
    rules = read_rules(f"# issuer c 4 16\n\n{text}{rest}")
    assert rules.lengths["5000"] == rules.lengths["6999"] == (16,)
    assert rules.lengths["5199"] == (13, 14, 16)
    assert "4000" not in rules.lengths and "7000" not in rules.lengths
    assert rules.gap == 3
