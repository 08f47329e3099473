"""Find and mask card numbers, which must not get past the edge of the system."""

from swipestream.card_numbers.finding import (
    card_numbers,
    could_be_card_number,
    holds_card_number,
    is_luhn_valid,
)
from swipestream.card_numbers.masking import mask_card_numbers, mask_in_text, masked

__all__ = [
    "card_numbers",
    "could_be_card_number",
    "holds_card_number",
    "is_luhn_valid",
    "mask_card_numbers",
    "mask_in_text",
    "masked",
]
