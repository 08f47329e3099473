"""Kafka with TLS and a password, Postgres behind TLS: a payment goes in and its row comes out."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from swipestream import kafka_security
from swipestream.errors import ServiceError
from swipestream.jobs import ending, submission
from swipestream.operate import control, doctor
from swipestream.settings import Settings, fields, read_env_file
from swipestream.stack import flink, kafka, postgres
from swipestream.stack.ports import free_ports
from tests.eventually import eventually
from tests.stack.tls_door import make_certificate, tls_door
from tests.valid_payment import valid_payment

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Two, of which the door shows the first; certificate and key of each."""
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(folder, name) for name in ("shown", "other")}


@pytest.fixture(scope="module")
def environ(
    stack: Settings,
    certificates: dict[str, tuple[Path, Path]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """A broker with SASL_SSL; the session's Flink, and its Postgres by a door with TLS."""
    name = f"secured_{os.getpid()}"
    ports = [item.metadata["env"] for item in fields() if item.name.endswith("_port")]
    own = dict(zip(ports, map(str, free_ports(len(ports))), strict=True))
    with (
        tls_door(stack.postgres_port, *certificates["shown"]) as port,
        psycopg.connect(postgres.admin_url(stack), autocommit=True) as admin,
    ):
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        tail = (
            f"@localhost:{port}/{name}?sslmode=verify-full&sslrootcert={certificates['shown'][0]}"
        )
        owner, stream = stack.postgres_password, stack.postgres_stream_password
        try:
            yield (
                dict(os.environ)
                | own
                | {
                    "SWIPESTREAM_HOME": str(tmp_path_factory.mktemp("secured") / "home"),
                    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                    "DATABASE_URL": f"postgresql://swipestream:{owner}{tail}",
                    "STREAM_DATABASE_URL": f"postgresql://swipestream_stream:{stream}{tail}",
                    "FLINK_REST": stack.flink_address,
                    "FLINK_REST_PASSWORD": stack.embedded_flink_password,
                    "FLINK_REMOTE_PYTHON": sys.executable,
                }
            )
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def secured(environ: dict[str, str]) -> Iterator[Settings]:
    settings = Settings.load(environ)
    try:
        yield control.up(settings)
    finally:
        control.purge(settings)


@pytest.fixture(scope="module")
def as_external(secured: Settings) -> Settings:
    """The broker, told by address, user, password and certificate."""
    return dataclasses.replace(
        secured,
        kafka_bootstrap=secured.kafka_address,
        kafka_ssl_ca=str(kafka_security.embedded_ca_file(secured)),
        kafka_sasl_password=secured.embedded_kafka_password,
    )


def test_doctor_says_how_it_is_connected(secured: Settings) -> None:
    facts = {finding.name: finding.fact for finding in doctor.examine(secured)}
    assert facts["broker"].endswith("answers, SASL_SSL with PLAIN as swipestream")
    assert facts["database"].endswith("answers, with TLS")
    assert facts["roles"].startswith("the job is swipestream_stream;")


def test_a_payment_goes_in_and_its_row_comes_out(secured: Settings) -> None:
    sent = valid_payment(card_id="card-1")
    producer = Producer({**kafka_security.client_options(secured)})
    producer.produce(secured.payments_topic, json.dumps(sent).encode(), "card-1")
    producer.produce(secured.payments_topic, b"no payment", "card-1")
    assert producer.flush(30) == 0
    job_id = submission.submit(secured, "score_payments", allow_second=True)
    try:
        with psycopg.connect(secured.postgres_url, autocommit=True) as connection:
            scored = eventually(
                lambda: connection.execute("SELECT transaction_id FROM scored_payments").fetchall(),
                seconds=90,
            )
            kept = eventually(
                lambda: connection.execute(
                    "SELECT payload FROM rejected_payments WHERE payload IS NOT NULL"
                ).fetchall(),
                seconds=90,
            )
        shown = [
            json.dumps(flink.rest(secured, path))
            for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/plan", f"/jobs/{job_id}/config")
        ]
    finally:
        ending.cancel(secured, job_id)
    assert scored == [(sent["transaction_id"],)]
    assert kept == [(b"no payment",)]
    for folder in ("logs", "kafka/server.properties", "kafka/broker.args", "flink/client.args"):
        path = secured.state_dir / folder
        files = path.rglob("*") if path.is_dir() else [path]
        shown += [file.read_text(errors="replace") for file in files if file.is_file()]
    for secret in (*read_env_file(secured.secrets_file).values(), secured.jdbc_password):
        assert not any(secret in text for text in shown)


@pytest.mark.parametrize(
    ("change", "fact", "hint"),
    [
        ({"kafka_sasl_password": "wrong"}, "refused user swipestream with PLAIN", "PASSWORD"),
        ({"kafka_sasl_username": "nobody"}, "refused user nobody with PLAIN", "USERNAME"),
        ({"kafka_ssl_ca": "other"}, "a certificate that is not trusted", "KAFKA_SSL_CA"),
        ({"kafka_ssl_ca": ""}, "a certificate that is not trusted", "KAFKA_SSL_CA"),
    ],
)
def test_kafka_refuses_in_one_line(
    as_external: Settings,
    certificates: dict[str, tuple[Path, Path]],
    change: dict[str, Any],
    fact: str,
    hint: str,
) -> None:
    if change.get("kafka_ssl_ca") == "other":
        change = {"kafka_ssl_ca": str(certificates["other"][0])}
    assert kafka.topics(as_external)
    with pytest.raises(ServiceError, match=fact) as caught:
        kafka.topics(dataclasses.replace(as_external, **change))
    assert hint in caught.value.hint


def test_a_scram_user_gets_in(as_external: Settings) -> None:
    user = dataclasses.replace(
        as_external,
        kafka_sasl_mechanism="SCRAM-SHA-512",
        kafka_sasl_username="ann",
        kafka_sasl_password="her own",
    )
    upsertion = UserScramCredentialUpsertion(
        "ann", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"her own"
    )
    admin = kafka.admin(as_external)
    for future in admin.alter_user_scram_credentials([upsertion]).values():
        future.result(timeout=30)
    assert user.payments_topic in kafka.topics(user, timeout_seconds=10)
    with pytest.raises(ServiceError, match="refused user ann with SCRAM-SHA-512"):
        kafka.topics(dataclasses.replace(user, kafka_sasl_password="another"))


@pytest.mark.parametrize(
    ("old", "new", "fact", "hint"),
    [
        ("shown.pem", "other.pem", "certificate verify failed", "sslrootcert"),
        ("shown.pem", "none.pem", "root certificate file", "sslrootcert"),
        ("//swipestream:", "//swipestream:x", "password authentication failed", "password"),
    ],
)
def test_postgres_refuses_in_one_line(
    secured: Settings, old: str, new: str, fact: str, hint: str
) -> None:
    wrong = dataclasses.replace(secured, database_url=secured.database_url.replace(old, new))
    with pytest.raises(ServiceError, match=fact) as caught:
        postgres.check(wrong)
    assert hint in caught.value.hint
    assert secured.jdbc_password not in str(caught.value)


def test_a_command_shows_one_line_and_a_hint(
    swipestream: Path, environ: dict[str, str], as_external: Settings
) -> None:
    wrong = {
        "KAFKA_BOOTSTRAP": as_external.kafka_bootstrap,
        "KAFKA_SSL_CA": as_external.kafka_ssl_ca,
        "KAFKA_SASL_PASSWORD": "wrong",
    }
    result = subprocess.run(
        [swipestream, "reconcile"], env=environ | wrong, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith(("error", "hint"))]
    assert lines == [
        f"error: kafka at {as_external.kafka_address} refused user swipestream with PLAIN",
        "hint: check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM",
    ]
    assert "Traceback" not in result.stderr
