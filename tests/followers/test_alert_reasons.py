"""Alerts get their reasons, once for each score; what cannot be explained is left for later."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flink_jobs.feature_registry import feature_registry
from flink_jobs.score_payments import JOB
from swipestream.database.queries import query
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.followers import alert_reasons
from swipestream.followers.alert_reasons import Models, Rounds, Walk, explain_new
from swipestream.reasons import explanation, wording
from swipestream.reasons.explainer import Explainer
from swipestream.reasons.trees import TreesError
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


def test_a_rule_of_the_team_comes_before_what_the_model_says(
    postgres: Database, tmp_path: Path, version: str
) -> None:
    alert(postgres, "t1", version, rule_action="block", rules_fired="ring,known")
    # Its score had sent it to review in any case: no rule decided.
    alert(postgres, "t2", version, rule_action="review", rules_fired="odd")
    explain(postgres, tmp_path)
    told = reasons(postgres, "t1")
    assert told[0] == ("rule", "P06", "rules ring, known")
    assert [kind for kind, *_ in told] == ["rule", "for", "for", "rest", "base"]
    assert [kind for kind, *_ in reasons(postgres, "t2")] == ["for", "for", "rest", "base"]


def test_a_rule_of_the_team_is_told_where_nothing_explains_the_model(
    postgres: Database, tmp_path: Path
) -> None:
    silent = publish_tiny_bundle(tmp_path, JOB.model_features, TEXTS)
    models = Models(tmp_path)
    for number in range(2):
        alert(postgres, f"t{number}", silent, rule_action="block", rules_fired="ring")
        explain_new(postgres, models, REGISTRY)
        assert reasons(postgres, f"t{number}") == [("rule", "P06", "rule ring")]
    assert explain_new(postgres, models, REGISTRY) == 0


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


def test_an_alert_that_cannot_be_explained_is_told_once_and_the_others_are_explained(
    postgres: Database,
    tmp_path: Path,
    version: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from_features = wording.words_for

    def no_words_for_one(name: str, values: Any, entry: Any) -> str:
        if values["transaction_id"] == "t1":
            raise KeyError("no words")
        return from_features(name, values, entry)

    monkeypatch.setattr(explanation, "words_for", no_words_for_one)
    for name in ("t0", "t1", "t2"):
        alert(postgres, name, version)
    models = Models(tmp_path)
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [3, 0]
    assert reasons(postgres, "t0") and reasons(postgres, "t2") and not reasons(postgres, "t1")
    assert caplog.text.count("an alert is not explained transaction=t1") == 1
    # Another model may have other reasons.
    other = publish_explained(tmp_path, JOB.model_features, 0.5, categorical=TEXTS)
    alert(postgres, "t1", other)
    assert explain_new(postgres, models, REGISTRY) == 1


def test_an_alert_with_neither_score_nor_rule_is_not_looked_at_again_and_again(
    postgres: Database, tmp_path: Path
) -> None:
    alert(postgres, "t1", None)
    models = Models(tmp_path)
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [1, 0]


def test_a_value_that_no_model_takes_is_its_alerts_affair(
    postgres: Database, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = Explainer.encode

    def refuses_one(explainer: Explainer, rows: Any) -> Any:
        if any(row["transaction_id"] == "t1" for row in rows):
            raise ValueError("could not convert")
        return encode(explainer, rows)

    monkeypatch.setattr(Explainer, "encode", refuses_one)
    for name in ("t0", "t1", "t2"):
        alert(postgres, name, version)
    models = Models(tmp_path)
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [3, 0]
    assert reasons(postgres, "t0") and reasons(postgres, "t2") and not reasons(postgres, "t1")


def test_a_model_whose_trees_fail_is_refused_and_the_alerts_of_others_are_explained(
    postgres: Database,
    tmp_path: Path,
    version: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contributions = Explainer.contributions
    other = publish_explained(tmp_path, JOB.model_features, 0.5, categorical=TEXTS)

    def fails(explainer: Explainer, features: Any) -> Any:
        if explainer.version == other:
            raise TreesError("")
        return contributions(explainer, features)

    monkeypatch.setattr(Explainer, "contributions", fails)
    alert(postgres, "t0", version)
    alert(postgres, "t1", other)
    models = Models(tmp_path)
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [2, 0]
    monkeypatch.setattr(alert_reasons, "RETRY_SECONDS", 0.0)
    assert explain_new(postgres, models, REGISTRY) == 1
    assert reasons(postgres, "t0") and not reasons(postgres, "t1")
    assert caplog.text.count(f"alerts are not explained model={other} reason=TreesError") == 1


def test_reasons_that_the_database_refuses_do_not_keep_others_from_being_stored(
    postgres: Database, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_features = wording.words_for
    monkeypatch.setattr(
        explanation,
        "words_for",
        lambda name, values, entry: (
            "\0" if values["transaction_id"] == "t1" else from_features(name, values, entry)
        ),
    )
    for name in ("t0", "t1", "t2"):
        alert(postgres, name, version)
    models = Models(tmp_path)
    assert [explain_new(postgres, models, REGISTRY) for _ in range(2)] == [3, 0]
    assert reasons(postgres, "t0") and reasons(postgres, "t2") and not reasons(postgres, "t1")


def test_a_walk_goes_on_behind_its_place_also_within_a_moment(
    postgres: Database, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_reasons, "BATCH_ROWS", 2)
    for number in range(5):
        alert(postgres, f"t{number}", version, scored_at="2020-01-01")
    models, walk, seen = Models(tmp_path), Walk(), []
    for _ in range(3):
        explain_new(postgres, models, REGISTRY, None, walk)
        seen.append(walk.transaction_id)
    assert seen == ["t3", "t1", "t0"]
    assert all(reasons(postgres, f"t{number}") for number in range(5))
    # What is before its place is not looked at: that is what makes a long walk cheap.
    postgres.execute("TRUNCATE alert_reasons")
    alert(postgres, "older", version, scored_at="2019-01-01")
    assert explain_new(postgres, models, REGISTRY, None, walk) == 1
    assert reasons(postgres, "older") and not reasons(postgres, "t0")


def test_new_alerts_do_not_wait_for_the_walk_through_old_ones(
    postgres: Database, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_reasons, "BATCH_ROWS", 2)
    for number in range(5):
        alert(postgres, f"t{number}", version, scored_at=f"2020-01-0{number + 1}")
    rounds = Rounds(Models(tmp_path), REGISTRY)
    assert rounds.step(postgres)
    alert(postgres, "new", version)
    assert rounds.step(postgres)
    assert reasons(postgres, "new") and not reasons(postgres, "t0")
    assert not rounds.step(postgres)
    assert reasons(postgres, "t0")
    # The next walk begins after a while only.
    alert(postgres, "old", version, scored_at="2019-01-01")
    assert not rounds.step(postgres) and not reasons(postgres, "old")
    monkeypatch.setattr(alert_reasons, "ALL_AGAIN_SECONDS", 0.0)
    assert not rounds.step(postgres) and reasons(postgres, "old")


def test_a_walk_reads_the_index_from_its_place_on(postgres: Database) -> None:
    parameters: dict[str, Any] = {
        "seconds": None, "at": "2025-01-01", "transaction_id": "t", "card_id": "c", "most": 200,
        "models": [], "transaction_ids": [], "card_ids": [], "versions": [],
    }  # fmt: skip
    postgres.execute(
        """
        INSERT INTO alerts
        SELECT made.*
        FROM
            GENERATE_SERIES(1, 20000) AS n,
            JSONB_POPULATE_RECORD(
                NULL::alerts,
                %s::jsonb || JSONB_BUILD_OBJECT(
                    'transaction_id', n, 'score', 0.5, 'model_version', 'm',
                    'scored_at', TIMESTAMP '2020-01-01' + n * INTERVAL '2 hours'
                )
            ) AS made
        """,
        [json.dumps(ALERT)],
    )
    postgres.execute("ANALYZE alerts")
    plan = postgres.execute(
        b"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + query("alerts_to_explain"), parameters
    ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Index Scan Backward using alerts_scored_at_idx on alerts" in text, text
    assert "Index Cond: (ROW(scored_at" in text or "Index Cond: (scored_at" in text, text
    rows = re.search(r"alerts_scored_at_idx on alerts.*?rows=(\d+)", text)
    assert rows is not None and int(rows[1]) < 1000, text
