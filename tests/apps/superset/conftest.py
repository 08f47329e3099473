"""A real Superset on the session's stack, with made-up payments to show."""

from collections.abc import Iterator

import psycopg
import pytest

from bench.made_up_payments import fill
from swipestream.dashboards import superset
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ADMIN, ANALYST
from swipestream.operate import control
from swipestream.settings import Settings
from tests.chromium import chromium
from tests.pipeline.conftest import pipeline

__all__ = ["chromium", "pipeline"]

PAYMENTS = 20_000
DAYS = 9


@pytest.fixture(scope="session")
def dashboards(stack: Settings) -> Settings:
    """The stack with Superset, its dashboards and payments of the last days."""
    if not (superset.ENVIRONMENT_DIR / "bin" / "python").exists():
        pytest.skip("Superset is not installed: run `make dashboards`")
    fill(stack.postgres_url, PAYMENTS, DAYS, customers=1_000)
    return control.up(stack, dashboards=True)


@pytest.fixture(scope="session")
def analyst(dashboards: Settings) -> Client:
    return Client(superset.url(dashboards), ANALYST, dashboards.superset_analyst_password)


@pytest.fixture(scope="session")
def admin(dashboards: Settings) -> Client:
    return Client(superset.url(dashboards), ADMIN, dashboards.superset_admin_password)


@pytest.fixture
def connection(dashboards: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        dashboards.role_url("swipestream_dashboards"), autocommit=True
    ) as connection:
        yield connection
