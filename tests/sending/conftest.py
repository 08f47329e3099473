"""Files to send, with test card numbers that no bank issues."""

import re
from pathlib import Path

import pytest

from swipestream.settings import Settings

FILES = Path(__file__).parent / "files"
KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
CARD_NUMBERS = (
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "4222222222222",
)


def assert_no_card_number(text: str) -> None:
    """No card number of the fixture files is in a text, however it is written."""
    digits = re.sub(r"[ \-.]", "", text)
    for number in CARD_NUMBERS:
        assert number not in digits


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Side files go to the current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def files() -> Path:
    """Folder of the fixture files."""
    return FILES


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a key and a separate state folder."""
    return Settings.load({"SWIPESTREAM_HOME": str(tmp_path / "home"), "CARD_HASH_KEY": KEY})
