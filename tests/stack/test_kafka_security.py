"""Encryption and passwords of Kafka reach every client and the SQL, and only when asked for."""

from pathlib import Path

import pytest

from flink_jobs.job import SQL_ROOT, job_settings
from flink_jobs.score_payments import JOB
from swipestream import kafka_security
from swipestream.errors import SettingError
from swipestream.settings import REPO_ROOT, KafkaSettings
from swipestream.stack import kafka_listener

NO_FILE = Path("/nonexistent/.env")
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
KAFKA_FILES = [file for file in JOB.files if "'kafka'" in JOB.path(file).read_text("utf-8")]


def load(home: Path, **environ: str) -> KafkaSettings:
    return KafkaSettings.load({"SWIPESTREAM_HOME": str(home)} | environ, NO_FILE)


def secured(home: Path, **environ: str) -> KafkaSettings:
    ca = home / "ca.pem"
    ca.write_text(f"Bag Attributes: it's text\n{CERTIFICATE}\n")
    return load(
        home,
        **{
            "KAFKA_BOOTSTRAP": "kafka-1:9093",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SSL_CA": str(ca),
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": "ann",
            "KAFKA_SASL_PASSWORD": r"back\slash",
        }
        | environ,
    )


def test_nothing_is_added_without_it(tmp_path: Path) -> None:
    settings = load(tmp_path, KAFKA_BOOTSTRAP="kafka-1:9092")
    assert kafka_security.client_options(settings) == {
        "bootstrap.servers": "kafka-1:9092",
        "security.protocol": "PLAINTEXT",
    }


def test_clients_are_given_user_password_and_certificate(tmp_path: Path) -> None:
    assert kafka_security.client_options(secured(tmp_path)) == {
        "bootstrap.servers": "kafka-1:9093",
        "security.protocol": "SASL_SSL",
        "ssl.ca.pem": f"{CERTIFICATE}\n",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ann",
        "sasl.password": r"back\slash",
    }


def test_without_a_file_the_certificates_of_the_system_count(tmp_path: Path) -> None:
    settings = secured(tmp_path, KAFKA_SSL_CA="")
    assert "ssl.ca.pem" not in kafka_security.client_options(settings)
    assert "KAFKA_TRUSTSTORE_TYPE" not in kafka_security.job_options(settings)


@pytest.mark.parametrize("file", KAFKA_FILES)
def test_the_sql_is_given_the_same(tmp_path: Path, file: str) -> None:
    environment = kafka_security.job_options(secured(tmp_path))
    names = {"PAYMENTS_TOPIC": "payments", "ALERTS_TOPIC": "alerts"}
    statement = JOB.statement(file, job_settings(JOB, environment | names))
    assert "'properties.security.protocol' = 'SASL_SSL'" in statement
    assert "'properties.sasl.mechanism' = 'SCRAM-SHA-512'" in statement
    assert r'ScramLoginModule required username="ann" password="back\\slash";' in statement
    assert "'properties.ssl.truststore.type' = 'PEM'" in statement
    assert f"'properties.ssl.truststore.certificates' = '{CERTIFICATE}\n'" in statement


@pytest.mark.parametrize("file", KAFKA_FILES)
def test_the_sql_has_no_line_for_what_is_not_set(tmp_path: Path, file: str) -> None:
    environment = kafka_security.job_options(load(tmp_path, KAFKA_BOOTSTRAP="kafka-1:9092"))
    names = {"PAYMENTS_TOPIC": "payments", "ALERTS_TOPIC": "alerts"}
    statement = JOB.statement(file, job_settings(JOB, environment | names))
    assert "'properties.security.protocol' = 'PLAINTEXT'" in statement
    assert "sasl" not in statement
    assert "ssl." not in statement
    assert "?" not in statement


def test_there_are_kafka_tables() -> None:
    assert len(KAFKA_FILES) >= 2


def test_every_client_gets_its_address_from_one_place() -> None:
    named = {
        str(path.relative_to(REPO_ROOT))
        for folder in ("swipestream", "flink_jobs", "simulator", "training", "udfs")
        for path in (REPO_ROOT / folder).rglob("*.py")
        if '"bootstrap.servers"' in path.read_text("utf-8")
    }
    assert named == {"swipestream/kafka_security.py"}
    for path in SQL_ROOT.rglob("*.sql"):
        text = path.read_text("utf-8")
        assert text.count("bootstrap.servers") == text.count("properties.sasl.jaas.config"), path


@pytest.mark.parametrize(
    ("environ", "fact"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL=TLS is not known"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM=GSSAPI is not known"),
        ({"KAFKA_SASL_PASSWORD": ""}, "KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_SASL_PASSWORD"),
        ({"KAFKA_SASL_PASSWORD": 'a"b'}, "KAFKA_SASL_PASSWORD has a quotation mark"),
        ({"KAFKA_BOOTSTRAP": ""}, "need KAFKA_BOOTSTRAP"),
        (
            {"KAFKA_BOOTSTRAP": "", "KAFKA_SASL_PASSWORD": "", "KAFKA_SSL_CA": ""},
            "the embedded Kafka has no user for KAFKA_SASL_MECHANISM=SCRAM-SHA-512",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, environ: dict[str, str], fact: str
) -> None:
    with pytest.raises(SettingError, match=fact) as caught:
        secured(tmp_path, **environ)
    assert caught.value.hint
    assert "slash" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fact"),
    [(None, "cannot be read: No such file"), ("text", "no certificate")],
)
def test_a_file_without_certificates_is_one_line(
    tmp_path: Path, content: str | None, fact: str
) -> None:
    file = tmp_path / "other.pem"
    if content is not None:
        file.write_text(content)
    settings = secured(tmp_path, KAFKA_SSL_CA=str(file))
    with pytest.raises(SettingError, match=fact):
        kafka_security.client_options(settings)


def test_the_embedded_brokers_own_file_holds_no_password(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("KAFKA_PASSWORD=hush\nKAFKA_KEYSTORE_PASSWORD=hush\n")
    settings = load(tmp_path, KAFKA_SECURITY_PROTOCOL="SASL_SSL")
    assert settings.embedded_kafka_password == "hush"
    assert "hush" not in str(kafka_listener.security(settings))
    assert "hush" not in repr(settings)
