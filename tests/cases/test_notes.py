"""What people write is kept as text, without card numbers."""

import pytest

from swipestream.cases.errors import NoteError
from swipestream.cases.notes import MOST_CHARACTERS, cleaned


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("called, no answer", "called, no answer"),
        (" two\r\nlines\r", "two\nlines"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("4111111111111111", "************1111"),
        ("4111-1111-1111-1111 till 12/30", "****-****-****-1111 till 12/30"),
        ("a\x00b\x1bc\u202ed", "a b c d"),
        ("order 1234567890123", "order 1234567890123"),
        ("", ""),
    ],
)
def test_a_note_is_cleaned(typed: str, kept: str) -> None:
    assert cleaned(typed) == kept


def test_the_longest_note_is_kept_whole_and_a_longer_one_is_not() -> None:
    assert len(cleaned("x" * MOST_CHARACTERS)) == MOST_CHARACTERS
    with pytest.raises(NoteError, match="2,001 characters"):
        cleaned("x" * (MOST_CHARACTERS + 1))
