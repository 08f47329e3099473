"""Card numbers are found and masked, other numbers are left alone."""

import pytest

from swipestream.card_numbers import is_luhn_valid, mask_card_numbers


@pytest.mark.parametrize(
    ("payload", "masked"),
    [
        (b"4111111111111111", b"************1111"),
        (b'{"card":"4111 1111 1111 1111"}', b'{"card":"**** **** **** 1111"}'),
        (b"5500-0000-0000-0004", b"****-****-****-0004"),
        (b"378282246310005", b"***********0005"),
        (b"\xff4111111111111111\x00", b"\xff************1111\x00"),
        (b"two 4111111111111111 4012888888881881", b"two ************1111 ************1881"),
    ],
)
def test_card_numbers_are_masked(payload: bytes, masked: bytes) -> None:
    assert mask_card_numbers(payload) == masked


@pytest.mark.parametrize(
    "payload",
    [
        b"4111111111111112",
        b"1893456000006",
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
