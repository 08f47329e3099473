"""How our clients reach Kafka: address, encryption and user, from the settings."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swipestream.errors import ServiceError, SettingError
from swipestream.settings import HomeSettings, KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

# The connector contains Kafka's client under other package names.
SHADED = "org.apache.flink.kafka.shaded.org.apache.kafka.common.security"
LOGIN_MODULES = {
    "PLAIN": f"{SHADED}.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{SHADED}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{SHADED}.scram.ScramLoginModule",
}
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
PROBE_SECONDS = 3.0


def embedded_ca_file(settings: HomeSettings) -> Path:
    """The embedded broker's certificate, which it signs itself."""
    return settings.state_dir / "kafka" / "tls" / "ca.pem"


def ca_file(settings: KafkaSettings) -> Path | None:
    """Certificates to trust; None for those of the system."""
    if settings.kafka_ssl_ca:
        return Path(settings.kafka_ssl_ca).expanduser()
    return None if settings.kafka_bootstrap else embedded_ca_file(settings)


def password(settings: KafkaSettings) -> str:
    """
    The password of `KAFKA_SASL_USERNAME`.

    :raises SettingError: the embedded Kafka was never started, so there is none yet.
    """
    found = settings.kafka_sasl_password or settings.embedded_kafka_password
    if not found:
        raise SettingError(
            f"{settings.secrets_file} does not exist, so kafka has no password yet",
            "run `swipestream up`, or set KAFKA_BOOTSTRAP",
        )
    return found


def client_options(settings: KafkaSettings) -> dict[str, str]:
    """
    What every Producer, Consumer and AdminClient of confluent_kafka is given.

    :raises SettingError: KAFKA_SSL_CA cannot be read, or there is no password yet.
    """
    options = {
        "bootstrap.servers": settings.kafka_address,
        "security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_uses_tls and ca_file(settings) is not None:
        options["ssl.ca.pem"] = trusted_certificates(settings)
    if settings.kafka_uses_sasl:
        options["sasl.mechanism"] = settings.kafka_sasl_mechanism
        options["sasl.username"] = settings.kafka_sasl_username
        options["sasl.password"] = password(settings)
    return options


def job_options(settings: KafkaSettings) -> dict[str, str]:
    """
    The same for the SQL of a Flink job, as the variables that its files name.

    Certificates travel as text, so no file has to be on the machines of a cluster.

    :raises SettingError: as `client_options`.
    """
    options = {
        "KAFKA_BOOTSTRAP": settings.kafka_address,
        "KAFKA_SECURITY_PROTOCOL": settings.kafka_security_protocol,
    }
    if settings.kafka_uses_tls and ca_file(settings) is not None:
        options["KAFKA_TRUSTSTORE_TYPE"] = "PEM"
        options["KAFKA_TRUSTED_CERTIFICATES"] = trusted_certificates(settings)
    if settings.kafka_uses_sasl:
        module = LOGIN_MODULES[settings.kafka_sasl_mechanism]
        user, secret = map(quoted, (settings.kafka_sasl_username, password(settings)))
        options["KAFKA_SASL_MECHANISM"] = settings.kafka_sasl_mechanism
        options["KAFKA_JAAS"] = f"{module} required username={user} password={secret};"
    return options


def quoted(text: str) -> str:
    """As JAAS wants a value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def trusted_certificates(settings: KafkaSettings) -> str:
    """
    The certificates of `ca_file`, without the text that may stand between them.

    :raises SettingError: the file cannot be read, or holds none.
    """
    path = ca_file(settings)
    assert path is not None
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        hint = "name a PEM file" if settings.kafka_ssl_ca else "run `swipestream up`"
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SettingError(f"KAFKA_SSL_CA={path} cannot be read: {reason}", hint) from None
    found = CERTIFICATE.findall(text)
    if not found:
        raise SettingError(f"KAFKA_SSL_CA={path} holds no certificate", "name a PEM file")
    return "\n".join([*found, ""])


def check_access(settings: KafkaSettings) -> None:
    """
    Find out whether Kafka refuses us; takes seconds, so ask only when something failed.

    :raises ServiceError: it does. Permanent: asking again does not help.
    """
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient

    if settings.kafka_security_protocol == "PLAINTEXT":
        return
    silent = logging.getLogger("swipestream.kafka_security")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    errors: list[KafkaError] = []
    options: dict[str, Any] = {**client_options(settings), "error_cb": errors.append}
    client = AdminClient(options, logger=silent)
    try:
        client.list_topics(timeout=PROBE_SECONDS)
    except KafkaException:
        client.poll(0)
        raise_refusal(settings, errors)


def raise_refusal(settings: KafkaSettings, errors: "Iterable[KafkaError]") -> None:
    """
    Raise if the broker refused the client; one that is not up yet is not an error.

    :param errors: what a client's `error_cb` received.
    :raises ServiceError: one of them is a refusal.
    """
    from confluent_kafka import KafkaError

    where = f"kafka at {settings.kafka_address}"
    for error in errors:
        if error.code() == KafkaError._AUTHENTICATION:
            raise ServiceError(
                f"{where} refused user {settings.kafka_sasl_username} with "
                f"{settings.kafka_sasl_mechanism}",
                "check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM",
            )
        if "certificate verify failed" in error.str():
            raise ServiceError(
                f"{where} shows a certificate that is not trusted",
                "set KAFKA_SSL_CA to the PEM file of the authority that signed it",
            )
        if error.code() == KafkaError._SSL:
            raise ServiceError(
                f"{where} does not speak {settings.kafka_security_protocol}",
                "check KAFKA_SECURITY_PROTOCOL against the listener's",
            )
