"""Flink accepts the whole pipeline, and plans it without doing work twice."""

import re

import pytest

from flink_jobs.score_payments import JOB
from tests.sql.flink_cases import FlinkCases, is_lookup

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def plan(flink_cases: FlinkCases) -> str:
    from flink_jobs.runner import insert_statement

    environment = flink_cases.environment
    environment.execute_sql("USE production")
    statements = environment.create_statement_set()
    for file in JOB.inserts:
        statements.add_insert_sql(insert_statement(JOB, file, environment, flink_cases.settings))
    return str(statements.explain()).split("== Optimized Execution Plan ==")[1]


def test_the_topic_is_read_once(plan: str) -> None:
    assert plan.count("TableSourceScan(") == 1


def test_each_message_is_parsed_once(plan: str) -> None:
    assert plan.count("invocation=[read_json(") == 1


def test_each_message_is_checked_once_for_all_who_ask(plan: str) -> None:
    assert plan.count("'kind is present: this topic takes payments only'") == 1


def test_there_is_one_exchange_and_it_is_by_card(plan: str) -> None:
    assert re.findall(r"Exchange\(distribution=\[hash\[(\w+)\]\]\)", plan) == ["card_id"]


def test_all_windows_of_a_card_are_one_step(plan: str) -> None:
    assert plan.count("invocation=[trailing_windows(") == 1
    assert "OverAggregate" not in plan


def test_each_payment_is_scored_once_for_all_sinks(plan: str) -> None:
    assert plan.count("PythonCalc(") == 1


def test_one_step_makes_all_features(plan: str) -> None:
    makers = [step for step in plan.splitlines() if "ASIN(" in step]
    assert len(makers) == 1 and "float64_vector(" in makers[0]


def test_only_what_is_stored_or_scored_passes_through_python(plan: str) -> None:
    (forwarded,) = re.findall(r"PythonCalc\(select=\[(.*?), score\(", plan)
    assert "merchant_txn_count_1d" in forwarded
    assert "txn_counts_1d" not in forwarded


def test_nothing_waits_for_a_clock(plan: str) -> None:
    assert "WatermarkAssigner" not in plan and "watermark=" not in plan


def test_what_a_rebuild_does_not_write_is_dropped_before_anything_is_looked_up(plan: str) -> None:
    scoring = next(tree for tree in plan.split("\n\n") if "customers]" in tree)
    first_look_up = scoring[scoring.index("customers]") :]
    assert scoring.count("SPLIT_INDEX(") == first_look_up.count("SPLIT_INDEX(") == 1


@pytest.mark.parametrize(
    "file",
    [f for f in JOB.tables_and_views if not f.startswith("store/") and not is_lookup(JOB, f)],
)
def test_every_table_and_view_explains(file: str, flink_cases: FlinkCases) -> None:
    relation = file.rsplit("/", 1)[1]
    columns = flink_cases.environment.from_path(f"production.{relation}").get_schema()
    assert columns.get_field_count() > 0
    text = flink_cases.environment.explain_sql(
        f"SELECT {columns.get_field_name(0)} FROM production.{relation}"
    )
    assert "== Optimized Execution Plan ==" in text
