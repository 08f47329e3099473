"""What the analyst's desk needs: its port, its address for links, its user of the database."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from swipestream.errors import SettingError
from swipestream.settings.database import OWNER, DatabaseSettings, check_database_url
from swipestream.settings.declared import LOOPBACK, generated, setting


@dataclass(frozen=True)
class DeskSettings(DatabaseSettings):
    """The analyst's desk."""

    desk_port: int = setting("DESK_PORT", 18091, "Port of the analyst's desk, loopback only.")
    desk_url: str = setting(
        "DESK_URL",
        "",
        "Address of the desk as browsers reach it, if a proxy stands in front of it; links to "
        "cases begin with it. Default: http://127.0.0.1:DESK_PORT.",
    )
    desk_database_url: str = setting(
        "DESK_DATABASE_URL",
        "",
        "The same database as DATABASE_URL as the desk's user. Required with DATABASE_URL.",
        is_secret=True,
    )
    postgres_desk_password: str = generated("POSTGRES_DESK_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        super().check()
        check_database_url("DESK_DATABASE_URL", self.desk_database_url)
        if not self.desk_url:
            return
        url = urlsplit(self.desk_url)
        is_whole = url.scheme in ("http", "https") and url.hostname
        if not is_whole or url.path.strip("/") or url.query or url.fragment or url.username:
            raise SettingError(
                "DESK_URL is not an address without a path",
                "write it as https://desk.example or https://desk.example:8443",
            )

    @property
    def desk_address(self) -> str:
        """Where browsers find the desk, without a slash behind it: links to cases begin so."""
        return self.desk_url.rstrip("/") or f"http://{LOOPBACK}:{self.desk_port}"

    @property
    def desk_database(self) -> str:
        """
        Address for psycopg of the desk's user.

        :raises SettingError: as `dashboards_url`.
        """
        if self.database_url and not self.desk_database_url:
            raise SettingError(
                "DATABASE_URL is set and DESK_DATABASE_URL is not",
                "make the user swipestream_desk (docs/security.md) and set it",
            )
        return self.desk_database_url or self.role_url(f"{OWNER}_desk")
