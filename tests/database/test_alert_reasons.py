"""The words of an alert's reasons, as terminal and dashboards ask for them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings

INSERT = """
INSERT INTO alert_reasons (
    transaction_id, card_id, rank, kind, code, text, contribution, codes_version
)
VALUES (%s, 'c1', %s, %s, '', %s, 0, 1)
"""
REASONS = "SELECT dashboards.alert_reasons(%s, %s), dashboards.main_reason(%s, %s)"


@pytest.fixture(scope="module")
def connection(environment: dict[str, str]) -> Iterator[psycopg.Connection]:
    """To a database that holds nothing but the schema."""
    with throw_away_postgres(Settings.load()) as own:
        dashboard_schema.make(own.postgres_url)
        with psycopg.connect(own.postgres_url, autocommit=True) as connection:
            yield connection


def store(connection: psycopg.Connection, transaction_id: str, *told: tuple[str, str]) -> None:
    for rank, (kind, text) in enumerate(told, start=1):
        connection.execute(INSERT, [transaction_id, rank, kind, text])


def asked(connection: psycopg.Connection, transaction_id: str, card_id: str = "c1") -> Any:
    keys = [transaction_id, card_id]
    return connection.execute(REASONS, keys * 2).fetchone()


@pytest.mark.parametrize(
    ("transaction_id", "told", "whole", "main"),
    [
        (
            "t1",
            [("for", "a"), ("for", "b"), ("against", "c"), ("rest", ""), ("base", "")],
            "a; b; against: c",
            "a",
        ),
        ("t2", [("rule", "r"), ("for", "a"), ("rest", ""), ("base", "")], "r; a", "r"),
        ("t3", [("against", "c"), ("rest", ""), ("base", "")], "against: c", None),
        ("t4", [], None, None),
    ],
)
def test_reasons_in_words(
    connection: psycopg.Connection,
    transaction_id: str,
    told: list[tuple[str, str]],
    whole: str | None,
    main: str | None,
) -> None:
    store(connection, transaction_id, *told)
    assert asked(connection, transaction_id) == (whole, main)


def test_another_card_with_the_same_number_has_its_own(connection: psycopg.Connection) -> None:
    store(connection, "t5", ("for", "a"))
    assert asked(connection, "t5", "c2") == (None, None)


def test_a_reader_with_another_search_path_gets_them(connection: psycopg.Connection) -> None:
    store(connection, "t6", ("for", "a"), ("against", "b"))
    connection.execute("SET search_path = dashboards")
    try:
        assert asked(connection, "t6") == ("a; against: b", "a")
    finally:
        connection.execute("RESET search_path")
