"""A real Superset on the session's stack, with made-up payments to show."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.made_up_payments import fill
from swipestream.dashboards import superset
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ADMIN, ANALYST
from swipestream.operate import control
from swipestream.settings import REPO_ROOT, Settings
from tests.pipeline.conftest import pipeline

__all__ = ["pipeline"]

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


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The system's browser."""
    named = os.environ.get("CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium: install it (apt install chromium) or set CHROMIUM")
    python = REPO_ROOT / ".venv-browser" / "bin" / "python"
    if not python.exists():
        pytest.skip("Playwright is not installed: run `make test-browser`")
    return Path(found)
