"""Alerts get their reasons, once for each score; what cannot be explained is left for later."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flink_jobs.feature_registry import feature_registry
from flink_jobs.score_payments import JOB
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.followers import alert_reasons
from swipestream.followers.alert_reasons import Models, explain_new
from swipestream.settings import Settings
from tests.reasons.tiny_trees import publish_explained
from tests.udfs.tiny_bundle import publish_tiny_bundle, tiny_score

REGISTRY = feature_registry(JOB)
TEXTS = ("channel", "merchant_category")
Database = psycopg.Connection[Any]
INSERT = "INSERT INTO alerts SELECT * FROM JSONB_POPULATE_RECORD(NULL::alerts, %s)"
ALERT: dict[str, Any] = {
    "card_id": "c1", "customer_id": "h1", "merchant_id": "m1", "amount_cents": 123_456,
    "currency": "EUR", "channel": "online", "event_ms": 1, "event_time": "2030-01-01",
    "arrived_at": "2030-01-01", "kafka_partition": 0, "kafka_offset": 0, "is_customer_known": True,
    "is_merchant_known": True, "is_degraded": False, "decision": "block", "policy_version": 1,
    "stored_at": "2030-01-01", "merchant_category": "electronics",
}  # fmt: skip


@pytest.fixture(scope="module")
def url(environment: dict[str, str]) -> Iterator[str]:
    with throw_away_postgres(Settings.load()) as own:
        yield own.postgres_url


@pytest.fixture
def postgres(url: str) -> Iterator[Database]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE alerts, alert_reasons")
        yield connection


@pytest.fixture
def version(tmp_path: Path) -> str:
    return publish_explained(tmp_path, JOB.model_features, categorical=TEXTS)


def alert(postgres: Database, transaction_id: str, version: str | None, **changes: Any) -> None:
    """Store an alert as the stream does."""
    score = None if version is None else tiny_score(123_456, "online")
    now = postgres.execute("SELECT (CLOCK_TIMESTAMP() AT TIME ZONE 'UTC')::text").fetchone()
    row = ALERT | {
        "transaction_id": transaction_id,
        "model_version": version,
        "score": score,
        "scored_at": now[0] if now else None,
    }
    postgres.execute("DELETE FROM alerts WHERE transaction_id = %s", [transaction_id])
    postgres.execute(INSERT, [json.dumps(row | changes)])


def explain(postgres: Database, folder: Path, seconds: float | None = 120.0) -> int:
    return explain_new(postgres, Models(folder), REGISTRY, seconds)


def reasons(postgres: Database, transaction_id: str) -> list[tuple[Any, ...]]:
    return postgres.execute(
        "SELECT kind, code, text FROM alert_reasons WHERE transaction_id = %s ORDER BY rank",
        [transaction_id],
    ).fetchall()


def test_an_alert_gets_its_reasons(postgres: Database, tmp_path: Path, version: str) -> None:
    alert(postgres, "t1", version)
    assert explain(postgres, tmp_path) == 1
    assert reasons(postgres, "t1") == [
        ("for", "R01", "an amount of 1,234.56 EUR"),
        ("for", "R11", "electronics, online"),
        ("rest", "", ""),
        ("base", "", ""),
    ]
    added = postgres.execute(
        "SELECT 1 / (1 + EXP(-SUM(contribution))) - MAX(score) FROM alert_reasons"
    ).fetchone()
    assert added is not None and abs(added[0]) < 1e-12


def test_an_alert_is_explained_once(postgres: Database, tmp_path: Path, version: str) -> None:
    alert(postgres, "t1", version)
    assert [explain(postgres, tmp_path), explain(postgres, tmp_path)] == [1, 0]


def test_an_alert_that_is_scored_again_is_explained_again(
    postgres: Database, tmp_path: Path, version: str
) -> None:
    alert(postgres, "t1", version)
    explain(postgres, tmp_path)
    other = publish_explained(tmp_path, JOB.model_features, 0.5, categorical=TEXTS)
    alert(postgres, "t1", other, score=tiny_score(123_456, "pos", 0.5), channel="pos")
    assert explain(postgres, tmp_path) == 1
    # The kind speaks against it now, and nothing of before is left.
    kinds = [kind for kind, *_ in reasons(postgres, "t1")]
    assert kinds == ["for", "against", "rest", "base"]
    versions = postgres.execute("SELECT DISTINCT model_version FROM alert_reasons").fetchall()
    assert versions == [(other,)]


def test_fewer_reasons_than_before_leave_nothing_behind(
    postgres: Database, tmp_path: Path, version: str
) -> None:
    alert(postgres, "t1", version)
    explain(postgres, tmp_path)
    alert(postgres, "t1", None, is_degraded=True, policy_version=None)
    assert explain(postgres, tmp_path) == 1
    told = reasons(postgres, "t1")
    assert told[0] == ("rule", "P01", "no policy for the channel online")
    assert {kind for kind, *_ in told[1:]} == {"rest"}
    assert explain(postgres, tmp_path) == 0


def test_a_rule_is_the_reason_of_an_alert_without_a_score(
    postgres: Database, tmp_path: Path
) -> None:
    alert(postgres, "t1", None, is_degraded=True, card_txn_count_5m=9, card_merchant_count_5m=2)
    assert explain(postgres, tmp_path) == 1
    text = "no score; 10 payments within 5 minutes at 2 merchants"
    assert reasons(postgres, "t1") == [("rule", "P03", text)]


def test_a_score_without_a_policy_has_a_rule_and_the_models_reasons(
    postgres: Database, tmp_path: Path, version: str
) -> None:
    alert(postgres, "t1", version, is_degraded=True, policy_version=None)
    explain(postgres, tmp_path)
    assert [kind for kind, *_ in reasons(postgres, "t1")] == ["rule", "for", "for", "rest", "base"]


def test_a_model_without_its_trees_explains_nothing_and_is_not_asked_again_and_again(
    postgres: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    silent = publish_tiny_bundle(tmp_path, JOB.model_features, TEXTS)
    alert(postgres, "t1", silent)
    models = Models(tmp_path)
    assert explain_new(postgres, models, REGISTRY) == 1
    assert "has no model.lgb.txt" in caplog.text
    assert explain_new(postgres, models, REGISTRY) == 0
    assert reasons(postgres, "t1") == []


def test_a_model_that_is_not_there_is_tried_again(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models(tmp_path / "models")
    alert(postgres, "t1", "m-20300101000000-0123456789")
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(alert_reasons, "RETRY_SECONDS", 0.0)
    assert explain_new(postgres, models, REGISTRY) == 1


def test_a_feature_that_is_not_stored_any_more_is_said(
    postgres: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    features = (*JOB.model_features[:-2], "terminal_age_days", *TEXTS)
    earlier = publish_explained(tmp_path, features, categorical=TEXTS)
    alert(postgres, "t1", earlier)
    explain(postgres, tmp_path)
    assert reasons(postgres, "t1") == []
    assert "its feature terminal_age_days is not stored" in caplog.text


def test_old_alerts_are_explained_when_all_are_looked_at(
    postgres: Database, tmp_path: Path, version: str
) -> None:
    alert(postgres, "t1", version, scored_at="2020-01-01")
    assert explain(postgres, tmp_path) == 0
    assert explain(postgres, tmp_path, seconds=None) == 1
    assert explain(postgres, tmp_path, seconds=None) == 0


def test_the_newest_come_first_and_no_more_than_a_batch(
    postgres: Database, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_reasons, "BATCH_ROWS", 2)
    for number in range(3):
        alert(postgres, f"t{number}", version, scored_at=f"2020-01-0{number + 1}")
    assert explain(postgres, tmp_path, seconds=None) == 2
    assert reasons(postgres, "t0") == [] and reasons(postgres, "t2") != []
    assert explain(postgres, tmp_path, seconds=None) == 1
