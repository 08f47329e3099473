"""Encryption and passwords of the embedded broker, when KAFKA_SECURITY_PROTOCOL asks for them.

On loopback they protect little; they are there to try the settings before a Kafka of one's own has
them. The broker reads its passwords from `secrets.env`, so its own file holds none.
"""

import subprocess
import tempfile
from pathlib import Path

from swipestream.errors import ServiceError
from swipestream.kafka_security import embedded_ca_file
from swipestream.settings import (
    LOOPBACK,
    SASL_MECHANISMS,
    HomeSettings,
    KafkaSettings,
    read_env_file,
)
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.java import LOCALE, java_home

CERTIFICATE_DAYS = 3650
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


def keystore(settings: HomeSettings) -> Path:
    """The broker's key and certificate."""
    return embedded_ca_file(settings).with_name("broker.p12")


def security(settings: KafkaSettings) -> dict[str, str]:
    """Lines of server.properties; none for PLAINTEXT."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return {}
    values = {
        "config.providers": "file",
        "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    }
    if settings.kafka_uses_tls:
        values |= {
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(keystore(settings)),
            "ssl.keystore.password": secret(settings, "KAFKA_KEYSTORE_PASSWORD"),
            # For the broker's connections to itself.
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(embedded_ca_file(settings)),
        }
    if settings.kafka_uses_sasl:
        user, password = settings.kafka_sasl_username, secret(settings, "KAFKA_PASSWORD")
        values |= {
            "sasl.enabled.mechanisms": ",".join(SASL_MECHANISMS),
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.clients.plain.sasl.jaas.config": f"{PLAIN_LOGIN} required "
            f'username="{user}" password="{password}" user_{user}="{password}";',
            # No such users until somebody adds them.
            **{
                f"listener.name.clients.{mechanism.lower()}.sasl.jaas.config": (
                    f"{SCRAM_LOGIN} required;"
                )
                for mechanism in SASL_MECHANISMS
                if mechanism != "PLAIN"
            },
        }
    return values


def secret(settings: HomeSettings, name: str) -> str:
    """What the broker replaces by a value of `secrets.env`."""
    return f"${{file:{settings.secrets_file}:{name}}}"


def make_certificate(settings: HomeSettings) -> None:
    """
    Make a key and a certificate that it signs itself, once, with the keytool of our Java.

    :raises ServiceError: keytool failed.
    """
    if keystore(settings).exists() and embedded_ca_file(settings).exists():
        return
    folder = make_folder(keystore(settings).parent, mode=0o700)
    environment = {"KAFKA_KEYSTORE_PASSWORD": keystore_password(settings)}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
        path = Path(scratch) / "broker.p12"
        common = ["-keystore", str(path), "-storepass:env", *environment, "-alias", "broker"]
        run_keytool(
            [
                "-genkeypair",
                *common,
                *("-storetype", "PKCS12", "-keyalg", "EC", "-groupname", "secp256r1"),
                *("-dname", "CN=swipestream embedded kafka", "-validity", str(CERTIFICATE_DAYS)),
                *("-ext", f"san=ip:{LOOPBACK},dns:localhost"),
            ],
            environment,
        )
        certificate = run_keytool(["-exportcert", "-rfc", *common], environment)
        path.chmod(0o600)
        path.replace(keystore(settings))
    # Last: a process that finds it finds the key too.
    write_if_changed(embedded_ca_file(settings), certificate)


def keystore_password(settings: HomeSettings) -> str:
    """The password that `ensure_secrets` made."""
    return read_env_file(settings.secrets_file)["KAFKA_KEYSTORE_PASSWORD"]


def run_keytool(arguments: list[str], environment: dict[str, str]) -> str:
    """
    :return: what it printed.
    :raises ServiceError: it failed.
    """
    result = subprocess.run(
        [str(java_home() / "bin" / "keytool"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment | LOCALE,
    )
    if result.returncode != 0:
        lines = (result.stdout + result.stderr).strip().splitlines() or ["no message"]
        raise ServiceError(f"kafka's certificate could not be made: {lines[0]}", "try again")
    return result.stdout
