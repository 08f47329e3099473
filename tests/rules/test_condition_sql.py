"""A rule says the same of payments in NumPy, in PostgreSQL and in DuckDB."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swipestream.rules.condition_sql import rule_sql
from swipestream.settings import Settings
from tests.rules.conftest import database
from tests.udfs.rules_by_hand import COLUMNS, numbers_of, rule, texts_of
from udfs.rule_check import RuleChecker
from udfs.rule_set import LIST_KINDS, Condition, Rule, RuleList, RuleSet, check_rule

Row = dict[str, Any]

TYPES = {
    "amount_cents": "BIGINT",
    "card_txn_count_5m": "INTEGER",
    "km_from_home": "DOUBLE PRECISION",
    **dict.fromkeys(COLUMNS.texts, "TEXT"),
    "event_ms": "BIGINT",
}
FLOATS = st.floats(-1e299, 1e299)
# Values that rows and rules share, so that comparisons meet their bounds; and any other.
NUMBERS = {
    "amount_cents": st.sampled_from([0, 1, 8000, 8001, 16_777_217]) | st.integers(0, 10**8),
    "card_txn_count_5m": st.integers(0, 4),
    "km_from_home": st.sampled_from([0.0, 0.1, 0.3, 2.99999988079071, 1e-300]) | FLOATS,
}
WORDS = st.sampled_from(["a", "b", "it's", "50%", "%s", "a b", "Ä", '"', "\\", "--"])
TEXT = WORDS | st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=5
)
TIMES = st.integers(1000, 1004)


def rows() -> st.SearchStrategy[list[Row]]:
    columns: dict[str, st.SearchStrategy[Any]] = {
        name: st.none() | values for name, values in NUMBERS.items()
    }
    columns |= {name: st.none() | st.just("") | TEXT for name in COLUMNS.texts}
    return st.lists(st.fixed_dictionaries(columns | {"event_ms": TIMES}), max_size=12)


def conditions() -> st.SearchStrategy[Condition]:
    comparisons = [
        st.builds(
            Condition,
            st.just(name),
            st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
            values | FLOATS,
        )
        for name, values in NUMBERS.items()
    ]
    texts = [name for name in COLUMNS.texts if name != "event_ms"]
    listed = [
        st.builds(Condition, st.just(column), st.just("in list"), st.just(kind))
        for kind, of in LIST_KINDS.items()
        for column in of
    ]
    return st.one_of(
        *comparisons,
        st.builds(Condition, st.sampled_from(texts), st.sampled_from(["=", "<>"]), TEXT),
        st.builds(Condition, st.sampled_from([*COLUMNS.numbers, *texts]), st.just("is unknown")),
        *listed,
    )


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """One to four rules, and a list of each kind, named for it."""
    found = draw(st.lists(st.lists(conditions(), min_size=1, max_size=4), min_size=1, max_size=4))
    rules = [Rule(f"r{number}", "block", "live", tuple(c)) for number, c in enumerate(found)]
    entries = st.dictionaries(TEXT, st.none() | TIMES, max_size=4)
    lists = {kind: RuleList(kind, draw(entries)) for kind in LIST_KINDS}
    made = RuleSet(1, tuple(rules), lists)
    for one in made.rules:
        check_rule(one, COLUMNS, {kind: kind for kind in LIST_KINDS})
    return made


def in_numpy(rules: RuleSet, payments: list[Row]) -> list[list[bool]]:
    fires = RuleChecker(rules, COLUMNS).fires(numbers_of(payments), texts_of(payments))
    found: list[list[bool]] = fires.tolist()
    return found


def question(rules: RuleSet) -> str:
    asked = ", ".join(rule_sql(one, COLUMNS) for one in rules.rules)
    return f"SELECT {asked} FROM payments ORDER BY place"


def entries_of(rules: RuleSet) -> list[tuple[str, str, int | None]]:
    return [
        (name, value, expires)
        for name, found in rules.lists.items()
        for value, expires in found.entries.items()
    ]


TABLES = (
    f"CREATE TEMPORARY TABLE payments (place INTEGER, {', '.join(map(' '.join, TYPES.items()))})",
    "CREATE TEMPORARY TABLE rule_list_entries (list_name TEXT, value TEXT, expires_ms BIGINT)",
)


@pytest.fixture(scope="module")
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(table)
        yield connection


@pytest.fixture(scope="module")
def postgres(server: Settings) -> Iterator[psycopg.Connection]:
    with database(server) as url, psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(table)
        yield connection


def fill(connection: Any, rules: RuleSet, payments: list[Row], mark: str) -> None:
    tables = (
        (
            "payments",
            [(place, *(row[name] for name in TYPES)) for place, row in enumerate(payments)],
        ),
        ("rule_list_entries", entries_of(rules)),
    )
    for table, rows in tables:
        connection.execute(f"DELETE FROM {table}")
        if rows:
            one = f"({', '.join([mark] * len(rows[0]))})"
            values = [value for row in rows for value in row]
            connection.execute(f"INSERT INTO {table} VALUES {', '.join([one] * len(rows))}", values)


def asked(connection: Any, rules: RuleSet) -> list[list[bool]]:
    return [list(row) for row in connection.execute(question(rules)).fetchall()]


# A list of a whole batch for each of the parts that differ between engines.
EXAMPLES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EXAMPLES
@given(rule_sets(), rows())
def test_duckdb_agrees(
    in_memory: duckdb.DuckDBPyConnection, rules: RuleSet, payments: list[Row]
) -> None:
    fill(in_memory, rules, payments, "?")
    assert asked(in_memory, rules) == in_numpy(rules, payments)


@EXAMPLES
@given(rule_sets(), rows())
def test_postgres_agrees(postgres: psycopg.Connection, rules: RuleSet, payments: list[Row]) -> None:
    fill(postgres, rules, payments, "%s")
    assert asked(postgres, rules) == in_numpy(rules, payments)


def test_the_examples_meet_what_they_are_about() -> None:
    """Each operator holds for some and not for others of a few rows with unknown values."""
    payments: list[Row] = [
        dict(
            zip(
                TYPES,
                (amount, 1, km, text, text, text, text, text, text, text, 1002),
                strict=True,
            )
        )
        for amount, km, text in itertools.product(
            (None, 7999, 8000, 8001), (None, 0.1), (None, "", "a", "b")
        )
    ]
    lists = {kind: RuleList(kind, {"a": 1003, "b": 1002}) for kind in LIST_KINDS}
    one_each = [
        *(("amount_cents", operator, 8000) for operator in ("=", "<>", "<", "<=", ">", ">=")),
        *(("channel", operator, "a") for operator in ("=", "<>")),
        *((name, "is unknown") for name in ("amount_cents", "km_from_home", "channel")),
        *((column, "in list", kind) for kind, of in LIST_KINDS.items() for column in of),
    ]
    rules = RuleSet(1, tuple(rule(f"r{n:02}", parts) for n, parts in enumerate(one_each)), lists)
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(table)
        fill(connection, rules, payments, "?")
        found = np.array(asked(connection, rules))
    assert found.any(axis=0).all() and not found.all(axis=0).any()
    assert found.tolist() == in_numpy(rules, payments)


def test_sql_reads_as_the_rule() -> None:
    one = rule(
        "ring",
        ("channel", "=", "it's"),
        ("amount_cents", ">", 8000),
        ("km_from_home", "<=", 0.1),
        ("device_id", "is unknown"),
    )
    assert rule_sql(one, COLUMNS) == (
        "COALESCE(payments.channel = 'it''s' AND payments.amount_cents > 8000 "
        "AND payments.km_from_home <= CAST('0.1' AS DOUBLE PRECISION) "
        "AND NULLIF(payments.device_id, '') IS NULL, FALSE)"
    )


def test_conditions_survive_json() -> None:
    one = rule("a", ("km_from_home", ">", 0.1), ("channel", "=", "Ä"))
    again = json.loads(json.dumps([c.to_json() for c in one.conditions]))
    assert [Condition(c["column"], c["operator"], c.get("value")) for c in again] == list(
        one.conditions
    )
