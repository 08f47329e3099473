"""Parity agrees with reasons that add up to their scores, and names any that do not."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flink_jobs.feature_registry import feature_registry
from flink_jobs.score_payments import JOB
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.followers.alert_reasons import Models, explain_new
from swipestream.settings import Settings
from swipestream.verify.parity.reasons import ReasonCheck, check_reasons
from swipestream.verify.parity.report import Report, problems, remarks
from swipestream.verify.parity.stored_payments import copy_stored_payments
from tests.reasons.tiny_trees import publish_explained
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score
from tests.verify.parity.sent_and_stored import write
from tests.verify.parity.stream_by_hand import messages, open_database, stored_by_a_stream

TEXTS = ("channel", "merchant_category")
Database = psycopg.Connection[Any]
# What tests change.
CHANGED = ("scored_payments", "alerts", "alert_reasons")
ALERTS = "INSERT INTO alerts SELECT * FROM scored_payments WHERE transaction_id LIKE %s"


@pytest.fixture(scope="module")
def stored(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Payments of two models, some of them alerts; those of one model are explained."""
    folder = tmp_path_factory.mktemp("stored")
    explained = publish_explained(folder / "models", JOB.model_features, categorical=TEXTS)
    silent = publish_tiny_bundle(folder / "models", JOB.model_features, TEXTS, shift=0.1)
    rows = [
        row
        | {
            "model_version": silent if row["card_id"] == "card1" else explained,
            "score": tiny_score(
                row["amount_cents"], row["channel"], 0.1 if row["card_id"] == "card1" else 0.0
            ),
            "pipeline_version": JOB.version,
        }
        for row in stored_by_a_stream(messages(cards=3, payments=30))
    ]
    with throw_away_postgres(Settings.load()) as own:
        write(own, rows, folder)
        with psycopg.connect(own.postgres_url, autocommit=True) as postgres:
            postgres.execute("UPDATE scored_payments SET decision = 'block'")
            postgres.execute(ALERTS, ["%1%"])
            models = Models(folder / "models")
            while explain_new(postgres, models, feature_registry(JOB), None):
                pass
            for table in CHANGED:
                postgres.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")  # type: ignore[arg-type]
        yield dataclasses.replace(own, model_dir=str(folder / "models"))


@pytest.fixture
def postgres(stored: Settings) -> Iterator[Database]:
    """What a test changes is undone."""
    with psycopg.connect(stored.postgres_url, autocommit=True) as connection:
        yield connection
        for table in CHANGED:
            connection.execute(f"TRUNCATE {table}")  # type: ignore[arg-type]
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # type: ignore[arg-type]


def checked(settings: Settings, postgres: Database, folder: Path) -> ReasonCheck:
    with open_database(folder) as connection:
        copy_stored_payments(postgres, connection, folder, settings.payments_topic)
        return check_reasons(postgres, connection, settings.models_dir, patience_seconds=0)


def first(postgres: Database) -> str:
    row = postgres.execute("SELECT MIN(transaction_id) FROM alert_reasons").fetchone()
    assert row is not None
    return str(row[0])


def test_reasons_that_add_up(stored: Settings, postgres: Database, tmp_path: Path) -> None:
    check = checked(stored, postgres, tmp_path)
    assert (check.mismatched, check.missing, check.differences) == (0, 0, [])
    assert check.compared > 10
    assert check.largest is not None and check.largest < 1e-9
    ((count, fact),) = check.unexplained.values()
    assert count > 3 and "has no model.lgb.txt" in fact
    report = Report(100, "duckdb", reasons=check)
    assert f"{count:,} alerts have no reasons: {fact}" in remarks(report)
    assert report.is_clean


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("SET contribution = contribution + 0.001 WHERE rank = 1", "adding up to"),
        ("SET contribution = contribution + 0.5 * (3 - 2 * rank) WHERE rank IN (1, 2)", " for R"),
        ("SET code = 'R09' WHERE rank = 1", "0.000000 for R"),
        ("SET score = 0 WHERE rank > 0", "missing"),
    ],
)
def test_reasons_that_are_wrong_are_named(
    stored: Settings, postgres: Database, tmp_path: Path, change: str, problem: str
) -> None:
    name = first(postgres)
    postgres.execute(f"UPDATE alert_reasons {change} AND transaction_id = %s", [name])  # type: ignore[arg-type]
    check = checked(stored, postgres, tmp_path)
    assert check.mismatched == 1
    (difference,) = check.differences
    assert difference.transaction_id == name and problem in difference.stored
    report = Report(100, "duckdb", reasons=check, differences=check.differences)
    assert not report.is_clean
    assert any(line.startswith(f"{name}: reasons is ") for line in problems(report))


def test_alerts_without_reasons_are_missing(
    stored: Settings, postgres: Database, tmp_path: Path
) -> None:
    postgres.execute("DELETE FROM alert_reasons")
    check = checked(stored, postgres, tmp_path)
    assert check.missing == check.mismatched == check.compared > 10


def test_a_rule_that_decided_must_be_the_first(
    stored: Settings, postgres: Database, tmp_path: Path
) -> None:
    name = first(postgres)
    postgres.execute("UPDATE alerts SET is_degraded = TRUE WHERE transaction_id = %s", [name])
    check = checked(stored, postgres, tmp_path)
    assert [item.stored for item in check.differences] == ["without the rule that decided"]


def test_of_an_earlier_pipeline_only_the_sum_is_checked(
    stored: Settings, postgres: Database, tmp_path: Path
) -> None:
    name = first(postgres)
    for change in (
        "UPDATE scored_payments SET pipeline_version = 'sql-earlier'",
        "UPDATE alert_reasons SET code = 'R09' WHERE rank = 1 AND code = 'R01'",
    ):
        postgres.execute(change)
    assert checked(stored, postgres, tmp_path).mismatched == 0
    postgres.execute("UPDATE alert_reasons SET contribution = 9 WHERE rank = 1 "
                     "AND transaction_id = %s", [name])  # fmt: skip
    assert checked(stored, postgres, tmp_path).mismatched == 1
