"""A database for cases, without a stream."""

from collections.abc import Iterator

import psycopg
import pytest

from swipestream.database import dashboard_schema, roles
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from tests.cases.stored import Database, add_people, empty


@pytest.fixture(scope="package")
def cases_settings(environment: dict[str, str]) -> Iterator[Settings]:
    with throw_away_postgres(Settings.load()) as own:
        dashboard_schema.make(own.postgres_url)
        roles.grant(own.postgres_url)
        with psycopg.connect(own.postgres_url, autocommit=True) as connection:
            add_people(connection, ann="analyst", bob="analyst", eve="lead")
        yield own


@pytest.fixture
def owner(cases_settings: Settings) -> Iterator[Database]:
    """As the owner of the tables, which are empty but for the analysts."""
    with psycopg.connect(cases_settings.postgres_url, autocommit=True) as connection:
        empty(connection)
        yield connection


@pytest.fixture
def desk(cases_settings: Settings, owner: Database) -> Iterator[Database]:
    """As the desk's user, with no more rights than it has."""
    with psycopg.connect(cases_settings.desk_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def stream(cases_settings: Settings, owner: Database) -> Iterator[Database]:
    """As the followers' user."""
    with psycopg.connect(cases_settings.stream_url, autocommit=True) as connection:
        yield connection
