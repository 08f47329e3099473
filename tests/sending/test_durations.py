"""Durations as people write them."""

import click
import pytest

from swipestream.console.durations import DURATION


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("1.5m", 90), ("1h", 3600), ("250ms", 0.25)]
)
def test_durations(text: str, expected: float) -> None:
    assert DURATION.convert(text, None, None) == expected


@pytest.mark.parametrize("text", ["", "soon", "-5s", "0", "5 weeks"])
def test_no_durations(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration"):
        DURATION.convert(text, None, None)
