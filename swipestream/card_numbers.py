"""Find and mask card numbers, which must not get past the edge of the system."""

import re

# 13 to 19 digits, single spaces or dashes allowed between them, not part of a longer run.
_DIGIT_RUN = re.compile(rb"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def is_luhn_valid(digits: bytes) -> bool:
    """Whether the digits pass the check that every card number passes (ISO/IEC 7812-1, annex B)."""
    doubled = [2 * digit - 9 * (digit > 4) for digit in (byte - 48 for byte in digits[-2::-2])]
    return (sum(doubled) + sum(byte - 48 for byte in digits[::-2])) % 10 == 0


def mask_card_numbers(payload: bytes) -> bytes:
    """
    Replace all but the last four digits of anything that could be a card number.

    :param payload: any bytes, text or not.
    :return: bytes of the same length.
    """

    def masked(match: re.Match[bytes]) -> bytes:
        digits = re.sub(rb"[ -]", b"", match[0])
        # Times in milliseconds have 13 digits as well; card numbers that short all begin with 4.
        if not is_luhn_valid(digits) or (len(digits) == 13 and digits[:1] != b"4"):
            return match[0]
        return re.sub(rb"\d", b"*", match[0][:-4]) + match[0][-4:]

    return _DIGIT_RUN.sub(masked, payload)
