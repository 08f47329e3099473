"""The signs of a payment are what stands out about it, as a person would say it."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from swipestream.database import dashboard_schema
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings

CALL = "SELECT dashboards.alert_signs(JSONB_POPULATE_RECORD(NULL::alerts, %s::jsonb), %s)"
# What follows from a payment far from the previous one.
FAR = {"kmh_from_previous": 5e3, "km_from_previous": 2239.4}


@pytest.fixture(scope="module")
def connection(environment: dict[str, str]) -> Iterator[psycopg.Connection]:
    """To a database that holds nothing but the schema."""
    with throw_away_postgres(Settings.load()) as own:
        dashboard_schema.make(own.postgres_url)
        with psycopg.connect(own.postgres_url, autocommit=True) as connection:
            yield connection


def reasons(
    connection: psycopg.Connection, alert: dict[str, Any], home_city: str | None = "Lyon"
) -> str:
    row = connection.execute(CALL, (json.dumps(alert), home_city)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("alert", "reason"),
    [
        (
            FAR | {"seconds_since_previous": 90.0},
            "2,239 km from the previous payment, 90 s earlier",
        ),
        ({"amount_to_card_mean_7d": 12.2}, "12 times the card's mean of the week"),
        (
            {"is_foreign": 1, "km_from_home": 5336.2},
            "5,336 km from home in Lyon; a merchant abroad",
        ),
        ({"is_foreign": 1, "km_from_home": 100.0}, "a merchant abroad"),
        ({"is_night": 1}, "at night where the customer lives"),
        ({"is_usual_device": 0}, "a device that is not the usual one"),
        (
            {"card_txn_count_5m": 2, "card_merchant_count_5m": 1},
            "3 payments within 5 minutes",
        ),
        (
            {"card_txn_count_5m": 3, "card_merchant_count_5m": 4},
            "4 payments within 5 minutes at 4 merchants",
        ),
        ({"card_txn_count_24h": 3}, "4 payments within a day"),
    ],
)
def test_each_sign(connection: psycopg.Connection, alert: dict[str, Any], reason: str) -> None:
    assert reasons(connection, alert) == reason


@pytest.mark.parametrize(
    "alert",
    [
        {},
        {"kmh_from_previous": 900.0, "km_from_previous": 2239.4, "seconds_since_previous": 9.0},
        {"kmh_from_previous": 5e3, "km_from_previous": 100.0, "seconds_since_previous": 9.0},
        {"card_txn_count_5m": 1, "card_txn_count_24h": 2, "amount_to_card_mean_7d": 2.99},
        {"is_usual_device": 1, "is_foreign": 0, "is_night": 0, "km_from_home": 5336.2},
    ],
)
def test_where_nothing_stands_out_that_is_said(
    connection: psycopg.Connection, alert: dict[str, Any]
) -> None:
    assert reasons(connection, alert) == "nothing single stands out, the whole pattern does"


def test_a_home_that_is_not_known(connection: psycopg.Connection) -> None:
    said = reasons(connection, {"is_foreign": 1, "km_from_home": 5336.2}, home_city=None)
    assert said == "5,336 km from home in unknown; a merchant abroad"


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.0, "12 s"), (119.0, "119 s"), (600.0, "10 min"), (7200.0, "2 h")]
)
def test_durations(connection: psycopg.Connection, seconds: float, text: str) -> None:
    said = reasons(connection, FAR | {"seconds_since_previous": seconds})
    assert said == f"2,239 km from the previous payment, {text} earlier"


def test_three_signs_are_enough_and_the_most_telling_come_first(
    connection: psycopg.Connection,
) -> None:
    alert = {
        "is_night": 1,
        "card_txn_count_24h": 9,
        "is_usual_device": 0,
        "amount_to_card_mean_7d": 4.0,
        "card_txn_count_5m": 2,
    }
    assert reasons(connection, alert) == (
        "3 payments within 5 minutes; 4 times the card's mean of the week; "
        "a device that is not the usual one"
    )
