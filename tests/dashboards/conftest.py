"""The scoring job, for tests of its health; databases of made-up payments."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bench.made_up_payments import fill
from swipestream.database import roles
from swipestream.settings import Settings
from swipestream.stack.postgres import admin_url
from tests.pipeline.conftest import pipeline

__all__ = ["pipeline"]


@contextmanager
def made_up(stack: Settings, name: str, payments: int, days: float) -> Iterator[str]:
    """
    A separate database on the session's Postgres.

    :param days: how far back the payments go.
    :return: its address for the owner.
    """
    database = f"{name}_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database} OWNER swipestream")
    try:
        address = stack.postgres_url.rpartition("/")[0] + f"/{database}"
        fill(address, payments, days, customers=1_000)
        yield address
    finally:
        # Other tests may have crashed the server meanwhile.
        with psycopg.connect(admin_url(stack), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture(scope="session")
def people_url(stack: Settings) -> Iterator[str]:
    """A small database for the views that people read; a test's changes are rolled back."""
    with made_up(stack, "people_views", payments=600, days=2) as address:
        roles.grant(address)
        yield address


@pytest.fixture
def people(people_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(people_url) as connection:
        yield connection
        connection.rollback()
