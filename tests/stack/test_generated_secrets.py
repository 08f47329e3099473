"""secrets.env: made once, for its owner's eyes only."""

from pathlib import Path

from swipestream.settings import Settings
from swipestream.stack.generated_secrets import ensure_secrets


def settings_in(home: Path, **environ: str) -> Settings:
    return Settings.load({"SWIPESTREAM_HOME": str(home)} | environ, home / "no.env")


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    settings = ensure_secrets(settings_in(tmp_path))
    assert settings.secrets_file.stat().st_mode & 0o777 == 0o600
    assert len(settings.postgres_password) == len(settings.card_hash_key) == 48


def test_the_second_start_keeps_them(tmp_path: Path) -> None:
    first = ensure_secrets(settings_in(tmp_path))
    assert ensure_secrets(settings_in(tmp_path)) == first


def test_a_missing_one_is_added_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("POSTGRES_PASSWORD=kept\n")
    settings = ensure_secrets(settings_in(tmp_path))
    assert settings.postgres_password == "kept"
    assert settings.postgres_admin_password


def test_a_key_from_the_environment_wins(tmp_path: Path) -> None:
    assert ensure_secrets(settings_in(tmp_path, CARD_HASH_KEY="mine")).card_hash_key == "mine"
