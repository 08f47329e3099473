"""What Kafka needs: addresses, users, topics."""

import re
from dataclasses import dataclass

from swipestream.errors import SettingError
from swipestream.settings.declared import LOOPBACK, generated, setting
from swipestream.settings.home import HomeSettings

SECURITY_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
SASL_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True)
class KafkaSettings(HomeSettings):
    """Kafka, yours or the embedded one, and its topics."""

    kafka_bootstrap: str = setting(
        "KAFKA_BOOTSTRAP",
        "",
        "host:port of your own Kafka; the embedded one is then not started.",
    )
    kafka_security_protocol: str = setting(
        "KAFKA_SECURITY_PROTOCOL",
        "PLAINTEXT",
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; the embedded Kafka serves only this one.",
        choices=SECURITY_PROTOCOLS,
    )
    kafka_ssl_ca: str = setting(
        "KAFKA_SSL_CA",
        "",
        "PEM file of the CA that signed Kafka's certificate. Default: the system's CAs.",
    )
    kafka_sasl_mechanism: str = setting(
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, for the SASL_ protocols.",
        choices=SASL_MECHANISMS,
    )
    kafka_sasl_username: str = setting(
        "KAFKA_SASL_USERNAME", "swipestream", "Kafka user, for the SASL_ protocols."
    )
    kafka_sasl_password: str = setting(
        "KAFKA_SASL_PASSWORD",
        "",
        "Password of that user. The embedded Kafka's own is in secrets.env.",
        is_secret=True,
    )
    kafka_port: int = setting("KAFKA_PORT", 19092, "Port of the embedded Kafka, loopback only.")
    kafka_controller_port: int = setting(
        "KAFKA_CONTROLLER_PORT", 19093, "Port of its KRaft controller."
    )
    kafka_heap_mb: int = setting("KAFKA_HEAP_MB", 320, "Java heap of the embedded Kafka.")
    payments_topic: str = setting("PAYMENTS_TOPIC", "payments", "Topic of payments to score.")
    alerts_topic: str = setting("ALERTS_TOPIC", "alerts", "Topic of payments to review or block.")
    labels_topic: str = setting("LABELS_TOPIC", "labels", "Topic of fraud labels.")
    events_topic: str = setting(
        "EVENTS_TOPIC", "events", "Topic of what was noticed: drift, attacks, trainings."
    )
    payments_partitions: int = setting(
        "PAYMENTS_PARTITIONS", 2, "Partitions of the payments topic when it is created."
    )
    embedded_kafka_password: str = generated("KAFKA_PASSWORD")

    def check(self) -> None:
        """:raises SettingError: a value that cannot work, or two that contradict each other."""
        super().check()
        if any(character in self.kafka_sasl_password for character in "'\"\n"):
            raise SettingError("KAFKA_SASL_PASSWORD has a quotation mark", "use another password")
        if self.kafka_bootstrap:
            if self.kafka_uses_sasl and not self.kafka_sasl_password:
                raise SettingError(
                    f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs "
                    "KAFKA_SASL_PASSWORD",
                    "set it in .env, with KAFKA_SASL_USERNAME",
                )
        else:
            self.check_embedded_kafka()

    def check_embedded_kafka(self) -> None:
        """:raises SettingError: what only a Kafka of the user's own can do."""
        if self.kafka_sasl_password or self.kafka_ssl_ca:
            raise SettingError(
                "KAFKA_SASL_PASSWORD and KAFKA_SSL_CA need KAFKA_BOOTSTRAP",
                "set KAFKA_BOOTSTRAP, or unset them: the embedded Kafka makes its own",
            )
        if not re.fullmatch(r"\w+", self.kafka_sasl_username, re.ASCII):
            raise SettingError(
                f"KAFKA_SASL_USERNAME={self.kafka_sasl_username} does not suit the embedded Kafka",
                "use letters, digits and _",
            )
        if self.kafka_sasl_mechanism != "PLAIN":
            raise SettingError(
                f"the embedded Kafka has no user for KAFKA_SASL_MECHANISM="
                f"{self.kafka_sasl_mechanism}",
                "use PLAIN, or your own Kafka with KAFKA_BOOTSTRAP",
            )

    @property
    def kafka_address(self) -> str:
        """Bootstrap servers, external or embedded."""
        return self.kafka_bootstrap or f"{LOOPBACK}:{self.kafka_port}"

    @property
    def kafka_uses_sasl(self) -> bool:
        """Whether Kafka asks for a user and a password."""
        return self.kafka_security_protocol.startswith("SASL_")

    @property
    def kafka_uses_tls(self) -> bool:
        """Whether connections to Kafka are encrypted."""
        return self.kafka_security_protocol.endswith("SSL")
