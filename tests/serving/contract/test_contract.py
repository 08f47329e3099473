"""Whatever the OpenAPI document allows is answered as it says, and what it forbids is refused."""

import dataclasses
import subprocess
from collections.abc import Iterator

import pytest

from flink_jobs.pipelines import PAYMENTS
from swipestream.database import dashboard_schema, roles
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.decisions import program
from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack.ports import free_ports
from tests.serving.api_process import ApiProcess, make_key
from tests.udfs.tiny_bundle import publish_tiny_bundle

SCHEMATHESIS = REPO_ROOT / ".venv-contract" / "bin" / "st"
EXAMPLES = "60"
# A time that is too far ahead, a latitude without a longitude and a card's number in an identifier
# cannot be said in a schema. Outcomes need a broker.
LEFT_OUT = ("--exclude-checks", "positive_data_acceptance", "--exclude-path", "/v1/outcomes")


@pytest.fixture(scope="module")
def secret_and_settings() -> Iterator[tuple[str, Settings]]:
    with throw_away_postgres(Settings.load()) as settings:
        dashboard_schema.make(settings.postgres_url)
        roles.grant(settings.postgres_url)
        api_port, kafka_port = free_ports(2)
        own = dataclasses.replace(
            settings, api_port=api_port, kafka_port=kafka_port, api_budget_ms=20_000
        )
        publish_tiny_bundle(
            own.models_dir, PAYMENTS.model_features, categorical=("channel", "merchant_category")
        )
        secret = make_key(own, "contract")
        with ApiProcess(own, secret) as process:
            process.wait()
            yield secret, own


def test_the_api_does_what_its_document_says(secret_and_settings: tuple[str, Settings]) -> None:
    secret, settings = secret_and_settings
    result = subprocess.run(
        [
            str(SCHEMATHESIS),
            "run",
            f"{program.url(settings)}/openapi.json",
            *("--header", f"Authorization: Bearer {secret}"),
            *("--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing"),
            *LEFT_OUT,
            "--no-color",
            # With a latitude of 5e-324, and the same each time: a failure is that of a change.
            *("--seed", "179492558591038708917037991559745379775"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.state_dir,
    )
    assert result.returncode == 0, result.stdout
