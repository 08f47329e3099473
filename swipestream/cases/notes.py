"""What people write: text of a bounded length, without card numbers."""

import re

from swipestream.card_numbers import mask_in_text
from swipestream.cases.errors import NoteError

MOST_CHARACTERS = 2_000
# What a text may not hold beside its letters: a line break is the only control character.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cleaned(text: str) -> str:
    """
    A note as it is kept: card numbers are masked, all but their last four digits.

    :param text: as it was typed.
    :raises NoteError: more than `MOST_CHARACTERS`.
    """
    plain = _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(plain) > MOST_CHARACTERS:
        raise NoteError(
            f"the note has {len(plain):,} characters", f"use at most {MOST_CHARACTERS:,}"
        )
    return mask_in_text(plain)
