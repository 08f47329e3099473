"""What the dashboards need: Superset's port, its database and its users."""

from dataclasses import dataclass

from swipestream.errors import SettingError
from swipestream.settings.database import DatabaseSettings, check_database_url
from swipestream.settings.declared import LOOPBACK, generated, setting

# Superset's own database, and its user.
SUPERSET = "superset"


@dataclass(frozen=True)
class DashboardSettings(DatabaseSettings):
    """Superset, which shows what is in the database."""

    superset_database_url: str = setting(
        "SUPERSET_DATABASE_URL",
        "",
        "A database for Superset's own tables. Required with DATABASE_URL.",
        is_secret=True,
    )
    superset_port: int = setting("SUPERSET_PORT", 18088, "Port of the dashboards, loopback only.")
    superset_database_password: str = generated("SUPERSET_DATABASE_PASSWORD")
    superset_secret_key: str = generated("SUPERSET_SECRET_KEY")
    superset_admin_password: str = generated("SUPERSET_ADMIN_PASSWORD")
    superset_analyst_password: str = generated("SUPERSET_ANALYST_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        super().check()
        check_database_url("SUPERSET_DATABASE_URL", self.superset_database_url)

    @property
    def superset_url(self) -> str:
        """
        Address of Superset's own database.

        :raises SettingError: as `dashboards_url`.
        """
        if self.database_url and not self.superset_database_url:
            raise SettingError(
                "DATABASE_URL is set and SUPERSET_DATABASE_URL is not",
                "make an empty database for Superset and set it",
            )
        password = self.superset_database_password
        return self.superset_database_url or (
            f"postgresql://{SUPERSET}:{password}@{LOOPBACK}:{self.postgres_port}/{SUPERSET}"
        )
