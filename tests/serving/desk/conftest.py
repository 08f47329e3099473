"""A desk with its own database, and people who may use it."""

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest

from swipestream.database import dashboard_schema, roles
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from swipestream.stack.ports import free_ports
from tests.cases.stored import Database, add_people, empty
from tests.serving.desk.desk_process import DeskProcess

PEOPLE = {"ann": "analyst", "bob": "analyst", "eve": "lead", "vic": "viewer"}


@pytest.fixture(scope="package")
def desk_settings(environment: dict[str, str]) -> Iterator[Settings]:
    with throw_away_postgres(Settings.load()) as own:
        dashboard_schema.make(own.postgres_url)
        roles.grant(own.postgres_url)
        (port,) = free_ports(1)
        with psycopg.connect(own.postgres_url, autocommit=True) as connection:
            add_people(connection, **PEOPLE)
        yield dataclasses.replace(own, desk_port=port)


@pytest.fixture(scope="package")
def desk(desk_settings: Settings) -> Iterator[DeskProcess]:
    with DeskProcess(desk_settings) as process:
        yield process.wait()


@pytest.fixture
def owner(desk_settings: Settings) -> Iterator[Database]:
    """As the owner of the tables, which are empty but for the people."""
    with psycopg.connect(desk_settings.postgres_url, autocommit=True) as connection:
        empty(connection)
        yield connection
