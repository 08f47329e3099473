"""What Postgres needs: addresses, one for each user, and the embedded server."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from swipestream.errors import SettingError
from swipestream.settings.declared import LOOPBACK, generated, setting
from swipestream.settings.home import HomeSettings

# The embedded database, and the user who owns its tables.
OWNER = "swipestream"


@dataclass(frozen=True)
class DatabaseSettings(HomeSettings):
    """Postgres, yours or the embedded one."""

    database_url: str = setting(
        "DATABASE_URL",
        "",
        "postgresql://user:password@host:port/database of your own Postgres; the embedded one is "
        "then not started.",
        is_secret=True,
    )
    stream_database_url: str = setting(
        "STREAM_DATABASE_URL",
        "",
        "The same database as a user with fewer privileges, for the job. Default: DATABASE_URL.",
        is_secret=True,
    )
    dashboards_database_url: str = setting(
        "DASHBOARDS_DATABASE_URL",
        "",
        "The same database as the dashboards' read-only user. Required with DATABASE_URL.",
        is_secret=True,
    )
    postgres_port: int = setting(
        "POSTGRES_PORT", 15432, "Port of the embedded Postgres, loopback only."
    )
    postgres_run_as: str = setting(
        "POSTGRES_RUN_AS",
        "nobody",
        "System user to run Postgres as when started by root, because Postgres refuses root.",
    )
    postgres_root: str = setting(
        "POSTGRES_ROOT",
        "/var/lib/swipestream",
        "Its folder in that case, because that user may not have access to SWIPESTREAM_HOME.",
    )
    postgres_password: str = generated("POSTGRES_PASSWORD")
    postgres_admin_password: str = generated("POSTGRES_ADMIN_PASSWORD")
    postgres_stream_password: str = generated("POSTGRES_STREAM_PASSWORD")
    postgres_api_password: str = generated("POSTGRES_API_PASSWORD")
    postgres_dashboards_password: str = generated("POSTGRES_DASHBOARDS_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work, or an address without another."""
        super().check()
        check_database_url("DATABASE_URL", self.database_url)
        check_database_url("STREAM_DATABASE_URL", self.stream_database_url)
        check_database_url("DASHBOARDS_DATABASE_URL", self.dashboards_database_url)
        if self.stream_database_url and not self.database_url:
            raise SettingError(
                "STREAM_DATABASE_URL is set and DATABASE_URL is not",
                "set both for your own Postgres, or neither for the embedded one",
            )

    @property
    def postgres_url(self) -> str:
        """
        Address for psycopg of the database's owner, external or embedded; holds the password.

        :raises SettingError: the embedded Postgres was never started, so it has no password yet.
        """
        return self.database_url or self.role_url(OWNER)

    @property
    def stream_url(self) -> str:
        """
        The same for the user of the job and of the program that stores rejected payloads.

        :raises SettingError: as `postgres_url`.
        """
        return self.stream_database_url or self.database_url or self.role_url(f"{OWNER}_stream")

    @property
    def dashboards_url(self) -> str:
        """
        The same for the dashboards' read-only user.

        :raises SettingError: as `postgres_url`, or DATABASE_URL without such a user.
        """
        if self.database_url and not self.dashboards_database_url:
            raise SettingError(
                "DATABASE_URL is set and DASHBOARDS_DATABASE_URL is not",
                "make the user swipestream_dashboards (docs/security.md) and set it",
            )
        return self.dashboards_database_url or self.role_url(f"{OWNER}_dashboards")

    def role_password(self, role: str) -> str:
        """
        The password of a user of the embedded database; empty before its first start.

        :param role: such as "swipestream_api".
        """
        return str(getattr(self, f"{role}_password".replace(OWNER, "postgres", 1)))

    def role_url(self, role: str) -> str:
        """
        Address for psycopg of a user of the embedded database.

        :param role: as for `role_password`.
        :raises SettingError: as `postgres_url`.
        """
        password = self.role_password(role)
        if not password:
            raise SettingError(
                f"{self.secrets_file} has no database password for {role}",
                "run `swipestream up`, or set DATABASE_URL",
            )
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.postgres_port}/{OWNER}"

    @property
    def jdbc_url(self) -> str:
        """The address in `stream_url` for JDBC, without user and password."""
        url = self._split_stream_url
        options = urlencode({"reWriteBatchedInserts": "true"})
        query = "&".join(part for part in (url.query, options) if part)
        return f"jdbc:postgresql://{url.hostname}:{url.port or 5432}{url.path}?{query}"

    @property
    def jdbc_user(self) -> str:
        """User name for JDBC."""
        return unquote(self._split_stream_url.username or "")

    @property
    def jdbc_password(self) -> str:
        """Password for JDBC."""
        return unquote(self._split_stream_url.password or "")

    @property
    def _split_stream_url(self) -> SplitResult:
        return urlsplit(self.stream_url)


def check_database_url(name: str, value: str) -> None:
    """
    :param name: of the setting.
    :param value: "" if it is not set.
    :raises SettingError: not an address of Postgres with a user and a password.
    """
    if not value:
        return
    url = urlsplit(value)
    hint = "write it as postgresql://user:password@host:port/database"
    if not (url.scheme.startswith("postgres") and url.hostname and url.path.strip("/")):
        raise SettingError(f"{name} is not a Postgres address", hint)
    if not (url.username and url.password):
        raise SettingError(f"{name} lacks a user or a password, and Flink needs both", hint)
