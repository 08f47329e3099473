"""Only its owner can enter the state folder, however it was made; programs accept its path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swipestream.errors import SwipestreamError
from swipestream.jobs.upgrade.accounts import HISTORY_DAYS
from swipestream.settings import Settings
from swipestream.stack import flink, kafka, state_folder
from swipestream.stack.generated_secrets import ensure_secrets
from swipestream.stack.supervision import check_path


def settings_in(home: Path) -> Settings:
    return Settings.load({"SWIPESTREAM_HOME": str(home)}, home / "no.env")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.parametrize("made_with", [0o755, 0o777, 0o750, 0o711, 0o2775])
def test_a_folder_that_was_there_is_closed_to_others(home: Path, made_with: int) -> None:
    home.mkdir()
    home.chmod(made_with)
    state_folder.make(settings_in(home))
    assert mode(home) & 0o777 == 0o700


def test_a_new_folder_is_its_owners_alone(home: Path) -> None:
    state_folder.make(settings_in(home))
    assert mode(home) == 0o700


def test_no_secret_is_made_in_an_open_folder(home: Path) -> None:
    """`swipestream produce` makes them too, before any `up`."""
    (home / "models").mkdir(parents=True)
    home.chmod(0o755)
    ensure_secrets(settings_in(home))
    assert mode(home) == 0o700
    assert mode(home / "secrets.env") == 0o600


def test_a_folder_that_was_opened_since_is_closed_again(home: Path) -> None:
    (home / "run").mkdir(parents=True)
    (home / "run" / "instance").write_text("0123\n")
    (home / "notes.txt").write_text("of the operator")
    home.chmod(0o755)
    state_folder.make(settings_in(home))
    assert mode(home) == 0o700


def test_a_folder_behind_a_link_is_closed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o755)
    home.symlink_to(tmp_path / "disk")
    state_folder.make(settings_in(home))
    assert mode(tmp_path / "disk") == 0o700


def test_error_a_folder_of_something_else_is_not_closed(home: Path) -> None:
    (home / "site-packages").mkdir(parents=True)
    home.chmod(0o755)
    with pytest.raises(SwipestreamError, match="holds what is not swipestream's") as caught:
        state_folder.make(settings_in(home))
    assert "chmod 700" in caught.value.hint
    assert mode(home) == 0o755
    home.chmod(0o700)
    state_folder.make(settings_in(home))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_error_a_folder_of_another_user(home: Path) -> None:
    home.mkdir(mode=0o700)
    os.chown(home, 12345, 12345)
    with pytest.raises(SwipestreamError, match="belongs to user 12345"):
        state_folder.make(settings_in(home))


@pytest.mark.parametrize(
    "name", ["jörg", "e\u0301tat", "東京", "кошелёк", "عملات", "😀", "a (b) [c]"]
)
def test_letters_of_any_script_are_taken(name: str) -> None:
    check_path(Path("/home") / name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a:b", "':'"),
        ("a\nb", r"'\\n'"),
        ("a\tb", r"'\\t'"),
        ("a\x1bb", r"'\\x1b'"),
        (os.fsdecode(b"j\xf6rg"), r"'\\udcf6'"),
    ],
)
def test_error_what_no_program_can_take(name: str, said: str) -> None:
    with pytest.raises(SwipestreamError, match=f"contains {said}, which") as caught:
        check_path(Path("/home") / name)
    assert str(caught.value).isprintable() or "\nhint: " in str(caught.value)
    str(caught.value).encode()


def test_error_letters_that_the_locale_would_change() -> None:
    """A terminal that is not UTF-8 passes other letters than those on the disk."""
    script = (
        "import sys; sys.getfilesystemencoding = lambda: 'iso8859-1'\n"
        "from pathlib import Path; from swipestream.stack.supervision import check_path\n"
        "check_path(Path('/home/plain')); check_path(Path('/home/j\\u00f6rg'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "locale is not UTF-8\nhint: set LC_ALL=C.UTF-8" in result.stderr


def test_kafka_reads_the_path_that_was_meant(home: Path) -> None:
    text = kafka.server_properties(settings_in(home / "jörg 東 😀"))
    assert text.isascii()
    assert "/j\\u00f6rg \\u6771 \\ud83d\\ude00/kafka/data\n" in text


def test_kafka_keeps_what_a_rebuild_reads_again(home: Path) -> None:
    text = kafka.server_properties(settings_in(home))
    hours = int(text.partition("log.retention.hours=")[2].partition("\n")[0])
    assert hours > HISTORY_DAYS * 24


def test_flink_reads_the_path_that_was_meant(home: Path) -> None:
    settings = settings_in(home / "jörg 東 😀")
    text = flink.configuration_text(flink.configuration(settings))
    assert f'"file://{home}/jörg 東 😀/flink/checkpoints"' in text
