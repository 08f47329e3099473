"""Card numbers are found and masked, other numbers are left alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swipestream.card_numbers import card_numbers, is_luhn_valid, mask_card_numbers


@pytest.mark.parametrize(
    ("payload", "masked"),
    [
        (b"4111111111111111", b"************1111"),
        (b'{"card":"4111 1111 1111 1111"}', b'{"card":"**** **** **** 1111"}'),
        (b"5500-0000-0000-0004", b"****-****-****-0004"),
        (b"378282246310005", b"***********0005"),
        (b"\xff4111111111111111\x00", b"\xff************1111\x00"),
        (b"two 4111111111111111 4012888888881881", b"two ************1111 ************1881"),
        (b"4111 1111 1111 1111 12/27 737", b"**** **** **** 1111 12/27 737"),
        (b"order-12-4111111111111111", b"order-12-************1111"),
        (b"4111.1111.1111.1111", b"****.****.****.1111"),
        ("4111\u00a01111\u20111111 1111".encode(), "****\u00a0****\u2011**** 1111".encode()),
        (b"\\u003411111111111\\u0031111", b"\\u003" + b"*" * 12 + b"\\u0031111"),
        ("4111111111111111".encode("utf-16-le"), "************1111".encode("utf-16-le")),
        (b"4222222222222", b"*********2222"),
        (b"1 " * 400, b"* " * 400),
    ],
)
def test_card_numbers_are_masked(payload: bytes, masked: bytes) -> None:
    assert mask_card_numbers(payload) == masked


@pytest.mark.parametrize(
    "payload",
    [
        b"4111111111111112",
        b"1893456000006",
        b"2030-01-01 00:00:00.067",
        b"1234567890123452",
        b"411111111111",
        b"41111111111111111111",
        b"hello",
        b"",
    ],
)
def test_other_numbers_stay(payload: bytes) -> None:
    assert mask_card_numbers(payload) == payload


def test_luhn() -> None:
    assert is_luhn_valid(b"79927398713")
    assert not is_luhn_valid(b"79927398710")


def card_number(begin: str, length: int, rest: int) -> bytes:
    """A number that passes the check."""
    digits = f"{begin}{rest:019d}"[: length - 1].encode()
    return next(digits + b"%d" % n for n in range(10) if is_luhn_valid(digits + b"%d" % n))


NUMBERS = st.one_of(
    st.builds(card_number, st.sampled_from(["4"]), st.just(13), st.integers(0, 10**18)),
    st.builds(
        card_number,
        st.sampled_from(["4", "51", "2221", "34", "37", "36", "6011", "62", "3528", "8171"]),
        st.integers(14, 19),
        st.integers(0, 10**18),
    ),
)


@given(NUMBERS, st.binary(max_size=20), st.binary(max_size=20), st.integers(1, 7))
def test_no_card_number_is_left_whatever_is_around_it(
    number: bytes, before: bytes, after: bytes, width: int
) -> None:
    for gap in (b"", b" ", b"-", b"\x00"):
        parts = [number[at : at + width] for at in range(0, len(number), width)]
        payload = before + b"|" + gap.join(parts) + b"|" + after
        masked = mask_card_numbers(payload)
        assert len(masked) == len(payload)
        assert re.sub(rb"[^0-9*|]", b"", masked) != re.sub(rb"[^0-9*|]", b"", payload)
        assert gap.join(parts) not in masked
        assert not list(card_numbers(masked)) or masked.count(b"*") >= len(number) - 4


@given(st.binary(max_size=400))
def test_masking_keeps_the_length_and_hits_digits_only(payload: bytes) -> None:
    masked = mask_card_numbers(payload)
    assert len(masked) == len(payload)
    assert all(a == b or a in b"0123456789" for a, b in zip(payload, masked, strict=True))
