"""Folders, and what is in them for every part: jars, SQL, secrets."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from swipestream.settings.declared import ENV_FILE, REPO_ROOT, Declared, setting
from swipestream.settings.env_file import read_env_file


@dataclass(frozen=True)
class HomeSettings(Declared):
    """Folders and the key for card numbers."""

    home: str = setting(
        "SWIPESTREAM_HOME",
        "",
        "Folder for data, logs, secrets and models. Default: .swipestream/ here.",
    )
    cache: str = setting(
        "SWIPESTREAM_CACHE",
        "",
        "Folder for downloaded and compiled jars. Default: ~/.cache/swipestream.",
    )
    maven_mirror: str = setting(
        "MAVEN_MIRROR",
        "",
        "URL of a Maven repository to fetch jars from instead of the public one.",
    )
    sql_dir: str = setting("SQL_DIR", "", "Folder of the jobs' SQL. Default: sql/ in this folder.")
    card_hash_key: str = setting(
        "CARD_HASH_KEY",
        "",
        "Key for hashing card numbers. Default: generated at first start, in secrets.env.",
        is_secret=True,
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> Self:
        """As `Declared.load`, with the secrets in `secrets.env`."""
        return super().load(environ, env_file).with_secrets()

    def with_secrets(self) -> Self:
        """The same settings with the secrets in `secrets.env`, if it exists."""
        secrets = read_env_file(self.secrets_file)
        passwords = {
            item.name: secrets.get(item.metadata["secret"], "")
            for item in dataclasses.fields(self)
            if "secret" in item.metadata
        }
        key = self.card_hash_key or secrets.get("CARD_HASH_KEY", "")
        return dataclasses.replace(self, card_hash_key=key, **passwords)

    @property
    def state_dir(self) -> Path:
        """Folder of data, logs, secrets and models."""
        return Path(self.home).expanduser().absolute() if self.home else REPO_ROOT / ".swipestream"

    @property
    def cache_dir(self) -> Path:
        """Folder of downloads, shared by all work trees."""
        if self.cache:
            return Path(self.cache).expanduser().absolute()
        return Path("~/.cache/swipestream").expanduser()

    @property
    def world_dir(self) -> Path:
        """The simulated world's history."""
        return self.state_dir / "world"

    @property
    def secrets_file(self) -> Path:
        """Generated passwords; readable by its owner only."""
        return self.state_dir / "secrets.env"
