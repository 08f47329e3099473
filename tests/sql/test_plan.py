"""Flink accepts the whole pipeline, and plans it without doing work twice."""

import re

import pytest

from flink_jobs.score_payments import JOB
from tests.sql.flink_cases import FlinkCases

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def plan(flink_cases: FlinkCases) -> str:
    flink_cases.environment.execute_sql("USE production")
    statements = flink_cases.environment.create_statement_set()
    for file in JOB.inserts:
        statements.add_insert_sql(JOB.statement(file, flink_cases.settings))
    return str(statements.explain()).split("== Optimized Execution Plan ==")[1]


def test_each_payment_is_scored_once_for_all_sinks(plan: str) -> None:
    assert plan.count("PythonCalc(") == 1


def test_the_topic_is_read_once_as_json_and_once_as_text(plan: str) -> None:
    assert plan.count("TableSourceScan(") == 2


def test_each_message_is_checked_once_for_all_who_ask(plan: str) -> None:
    assert plan.count("'kind is neither absent nor tick'") == 1


def test_a_cards_payments_stay_in_order_up_to_the_copies(plan: str) -> None:
    # A tree of the plan begins with what is nearest to the sinks, and reads the tree before it.
    keys = re.findall(r"Exchange\(distribution=\[hash\[(\w+)\]\]\)", plan)
    assert keys[:3] == ["kafka_partition", "transaction_id", "card_id"]
    assert set(keys[3:]) == {"card_id"}


def test_what_a_rebuild_does_not_write_is_dropped_before_anything_is_looked_up(plan: str) -> None:
    # Twice before the look-ups: in time and late. Twice for rejected messages, once for copies.
    scoring = next(tree for tree in plan.split("\n\n") if "customers]" in tree)
    first_look_up = scoring[scoring.index("customers]") :]
    assert scoring.count("SPLIT_INDEX(") == first_look_up.count("SPLIT_INDEX(") == 2
    assert plan.count("SPLIT_INDEX(") == 5


@pytest.mark.parametrize(
    "file", [f for f in JOB.tables_and_views if not f.startswith(("sinks/", "lookups/"))]
)
def test_every_table_and_view_explains(file: str, flink_cases: FlinkCases) -> None:
    relation = file.rsplit("/", 1)[1]
    columns = flink_cases.environment.from_path(f"production.{relation}").get_schema()
    assert columns.get_field_count() > 0
    text = flink_cases.environment.explain_sql(
        f"SELECT {columns.get_field_name(0)} FROM production.{relation}"
    )
    assert "== Optimized Execution Plan ==" in text
