"""What fired is what the rules of that version say of the stored row, or it is reported."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from flink_jobs.score_payments import JOB
from swipestream.rules.changing import changing
from swipestream.rules.columns import rule_columns
from swipestream.rules.tables import rule_changes
from swipestream.settings import Settings
from swipestream.verify.parity.report import Report, problems
from swipestream.verify.parity.rules import RuleCheck, check_rules, checker_of, handed_over
from tests.rules.conftest import server, settings
from tests.udfs.rules_by_hand import rule
from tests.verify.parity.stream_by_hand import messages, open_database, store, stored_by_a_stream
from udfs.rule_check import RuleChecker

__all__ = ["server", "settings"]

COLUMNS = rule_columns(JOB)
DECISIONS = {"allow": "approve", "block": "block", "review": "review"}


@pytest.fixture
def postgres(settings: Settings) -> Iterator[psycopg.Connection]:
    """Three versions: a rule, a list with a second one, and the first one is changed."""
    first = rule("large", ("amount_cents", ">", 10_000), ("channel", "=", "pos"))
    known = rule("known", ("card_id", "in list", "bad"), action="allow", state="shadow")
    with changing(settings, COLUMNS, "anna") as opened:
        opened.add(first)
    with changing(settings, COLUMNS, "anna") as opened:
        opened.add_entries("bad", "cards", {"card1": None})
    with changing(settings, COLUMNS, "anna") as opened:
        opened.add(known)
    with changing(settings, COLUMNS, "anna") as opened:
        opened.change(rule("large", ("amount_cents", ">", 15_000), action="review"))
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def connection(postgres: psycopg.Connection, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Payments of versions 1, 4 and 5 of the rules, each with what fired, and some of none."""
    with open_database(tmp_path) as opened:
        store(opened, stored_by_a_stream(messages(cards=3, payments=30)))
        changes = rule_changes(postgres)
        opened.execute("UPDATE stored_payments SET decision = 'approve'")
        for number, version in enumerate((1, 4, 5)):
            apply(opened, checker_of(changes, version), version, f"event_ms % 4 = {number}")
        yield opened


def apply(
    connection: duckdb.DuckDBPyConnection, checker: RuleChecker, version: int, where: str
) -> None:
    """Store what the rules of a version say, as the stream does."""
    names = ", ".join((*COLUMNS.numbers, *COLUMNS.texts))
    batch = (
        connection.sql(f"SELECT rowid, {names} FROM stored_payments WHERE {where}")
        .to_arrow_reader(1_000_000)
        .read_all()
        .combine_chunks()
        .to_batches()[0]
    )
    found = checker.check(*handed_over(batch, COLUMNS))
    for place, row in enumerate(batch.column("rowid").to_pylist()):
        action = found.actions[place]
        connection.execute(
            "UPDATE stored_payments SET rules_fired = ?, shadow_rules_fired = ?, rule_action = ?, "
            "rules_version = ?, decision = ? WHERE rowid = ?",
            [
                *(found.live[place], found.shadow[place], action, version),
                DECISIONS.get(action, "approve"),
                row,
            ],
        )


def checked(postgres: psycopg.Connection, connection: duckdb.DuckDBPyConnection) -> RuleCheck:
    return check_rules(postgres, connection)


def count(connection: duckdb.DuckDBPyConnection, where: str) -> int:
    found = connection.execute(f"SELECT COUNT(*) FROM stored_payments WHERE {where}").fetchone()
    return int(found[0]) if found else 0


def one_of(connection: duckdb.DuckDBPyConnection, where: str) -> str:
    found = connection.execute(
        f"SELECT transaction_id FROM stored_payments WHERE {where} LIMIT 1"
    ).fetchone()
    assert found
    return str(found[0])


def test_what_fired_by_each_version_agrees(
    postgres: psycopg.Connection, connection: duckdb.DuckDBPyConnection
) -> None:
    check = checked(postgres, connection)
    assert check.compared == count(connection, "rules_version IS NOT NULL") > 30
    assert (check.mismatched, check.unknown, check.differences) == (0, {}, [])
    # That there was something to compare, by each version.
    assert {"block", "review"} <= {
        row[0] for row in connection.execute("SELECT rule_action FROM stored_payments").fetchall()
    }
    assert count(connection, "shadow_rules_fired = 'known'") > 0


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ("rules_fired = NULL, rule_action = NULL", "rules_fired = 'large'", "none, in shadow"),
        ("shadow_rules_fired = 'known'", "shadow_rules_fired IS NULL", "in shadow known"),
        ("rules_version = 5", "rules_version = 1 AND rules_fired IS NOT NULL", "action block"),
        ("decision = 'approve'", "rule_action = 'block'", "approve"),
        ("decision = 'approve'", "rule_action = 'review'", "approve"),
        ("rules_version = NULL", "rules_fired = 'large'", "large"),
    ],
)
def test_what_is_not_so_is_named(
    postgres: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    change: str,
    where: str,
    said: str,
) -> None:
    name = one_of(connection, f"rules_version IS NOT NULL AND {where}")
    connection.execute(f"UPDATE stored_payments SET {change} WHERE transaction_id = ?", [name])
    check = checked(postgres, connection)
    assert check.mismatched == 1
    (difference,) = check.differences
    assert difference.transaction_id == name
    assert said in str(difference.stored)
    report = Report(1, "duckdb", rules=check)
    assert not report.is_clean
    assert report.comparisons[-1].name == "rules"


def test_a_version_that_nobody_made_is_said_and_is_no_success(
    postgres: psycopg.Connection, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("UPDATE stored_payments SET rules_version = 99 WHERE rules_version = 5")
    report = Report(1, "duckdb", rules=checked(postgres, connection))
    assert not report.is_clean
    assert problems(report)[0].startswith("rules 99 of ")
    assert "there is no change 99" in problems(report)[0]


def test_without_rules_there_is_nothing_to_say(
    postgres: psycopg.Connection, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute(
        "UPDATE stored_payments SET rules_fired = NULL, shadow_rules_fired = NULL, "
        "rule_action = NULL, rules_version = NULL"
    )
    report = Report(1, "duckdb", rules=checked(postgres, connection))
    assert report.is_clean and report.comparisons == []
