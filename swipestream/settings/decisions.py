"""What the decision API needs: its address, its budget of time, its user of the database."""

from dataclasses import dataclass

from swipestream.errors import SettingError
from swipestream.settings.database import OWNER, DatabaseSettings, check_database_url
from swipestream.settings.declared import LOOPBACK, generated, setting
from swipestream.settings.kafka import KafkaSettings
from swipestream.settings.models import ModelSettings


@dataclass(frozen=True)
class DecisionSettings(KafkaSettings, ModelSettings, DatabaseSettings):
    """The decision API."""

    api_host: str = setting(
        "API_HOST",
        LOOPBACK,
        "Address the decision API listens on; another one needs a certificate.",
    )
    api_port: int = setting("API_PORT", 18090, "Port of the decision API.")
    api_tls_certificate: str = setting(
        "API_TLS_CERTIFICATE", "", "PEM file of the decision API's certificate, for HTTPS."
    )
    api_tls_key: str = setting("API_TLS_KEY", "", "PEM file of that certificate's private key.")
    api_budget_ms: int = setting(
        "API_BUDGET_MS",
        50,
        "Milliseconds after which the decision API answers by rules, without the history.",
    )
    api_without_database: str = setting(
        "API_WITHOUT_DATABASE",
        "answer",
        "What the decision API does while the database is away. answer: by rules; refuse: 503.",
        choices=("answer", "refuse"),
    )
    decisions_database_url: str = setting(
        "DECISIONS_DATABASE_URL",
        "",
        "The same database as DATABASE_URL as the API's user. Required with DATABASE_URL.",
        is_secret=True,
    )
    postgres_decisions_password: str = generated("POSTGRES_DECISIONS_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work."""
        super().check()
        check_database_url("DECISIONS_DATABASE_URL", self.decisions_database_url)

    @property
    def decisions_url(self) -> str:
        """
        Address for psycopg of the API's user.

        :raises SettingError: as `dashboards_url`.
        """
        if self.database_url and not self.decisions_database_url:
            raise SettingError(
                "DATABASE_URL is set and DECISIONS_DATABASE_URL is not",
                "make the user swipestream_decisions (docs/security.md) and set it",
            )
        return self.decisions_database_url or self.role_url(f"{OWNER}_decisions")
