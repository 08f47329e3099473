"""State fits if the same steps keep the same columns of the same rows."""

import copy
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.job import SQL_ROOT, JobFilesError, job_settings
from flink_jobs.plan_fit import UNKNOWN, reasons_against
from flink_jobs.plan_record import plan_record
from flink_jobs.score_payments import JOB

PAYMENTS = {"table": {"identifier": "`c`.`d`.`payments_topic`"}}
SETTINGS = {"PAYMENTS_TOPIC": "payments"}


def told(output: str, kept: list[str]) -> str:
    """The spec that the windows' step gets."""
    return json.dumps({"kept": kept, "outputs": [output]})


def plan() -> dict[str, Any]:
    """A plan as Flink writes it: read, compute, count, compute, store and announce."""
    nodes = [
        {"id": 1, "type": "stream-exec-table-source-scan_1", "scanTableSource": PAYMENTS},
        {"id": 2, "type": "stream-exec-calc_1", "projection": ["a"]},
        {
            "id": 3,
            "type": "stream-exec-process-table-function_1",
            "uid": "card_activity",
            "functionCall": {
                "systemName": "trailing_windows",
                "operands": [
                    {"kind": "TABLE_ARG_CALL", "partitionKeys": [1]},
                    {"kind": "LITERAL", "value": told("24 h", kept=["amount_cents"])},
                ],
            },
            "outputType": "INT",
        },
        {"id": 4, "type": "stream-exec-calc_1", "projection": ["b"]},
        {"id": 5, "type": "stream-exec-sink_1", "dynamicTableSink": sink("scored_payments")},
        {"id": 6, "type": "stream-exec-sink_1", "dynamicTableSink": sink("alerts_topic")},
    ]
    edges = [(1, 2), (2, 3), (3, 4), (4, 5), (4, 6)]
    return {
        "flinkVersion": "2.2",
        "nodes": nodes,
        "edges": [{"source": source, "target": target} for source, target in edges],
    }


def sink(table: str) -> dict[str, Any]:
    return {"table": {"identifier": f"`default_catalog`.`default_database`.`{table}`"}}


def reasons(changed: dict[str, Any], **settings: str) -> list[str]:
    before = plan_record(plan(), JOB, SETTINGS)
    return reasons_against(before, plan_record(changed, JOB, SETTINGS | settings))


def node(a_plan: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in a_plan["nodes"] if item["id"] == number)
    return found


def test_the_same_plan_fits() -> None:
    assert reasons(plan()) == []


def test_what_comes_after_the_last_state_may_change() -> None:
    changed = plan()
    node(changed, 4)["projection"] = ["b", "c"]
    node(changed, 5)["outputType"] = "another row"
    node(changed, 3)["description"] = "other words"
    assert reasons(changed) == []


def test_other_windows_over_the_same_columns_may_be_asked_for() -> None:
    changed = plan()
    node(changed, 3)["outputType"] = "another row"
    node(changed, 3)["functionCall"]["operands"][1]["value"] = told("48 h", kept=["amount_cents"])
    assert reasons(changed) == []


def test_other_columns_may_not_be_kept() -> None:
    changed = plan()
    node(changed, 3)["functionCall"]["operands"][1]["value"] = told("24 h", kept=["device_id"])
    assert any("process-table-function card_activity" in reason for reason in reasons(changed))


def test_a_function_of_single_rows_remembers_nothing() -> None:
    changed = plan()
    node(changed, 4)["type"] = "stream-exec-process-table-function_1"
    node(changed, 4)["functionCall"] = {"systemName": "f", "operands": [{"partitionKeys": []}]}
    assert reasons(changed) == []


@pytest.mark.parametrize(("number", "key"), [(1, "scanTableSource"), (2, "projection"), (3, "uid")])
def test_what_leads_to_state_may_not(number: int, key: str) -> None:
    changed = plan()
    node(changed, number)[key] = "changed"
    assert any("process-table-function" in reason for reason in reasons(changed))


def test_an_unknown_kind_of_step_counts_as_remembering() -> None:
    changed = plan()
    node(changed, 4)["type"] = "stream-exec-never-heard-of_1"
    assert any("never-heard-of is new" in reason for reason in reasons(changed))


def test_a_step_with_another_number_does_not_fit() -> None:
    changed = json.loads(json.dumps(plan()).replace('"id": 6', '"id": 7'))
    changed["edges"][-1]["target"] = 7
    assert [reason for reason in reasons(changed) if "is gone" in reason]


def test_a_table_written_by_key_may_have_another_number() -> None:
    changed = json.loads(json.dumps(plan()).replace('"id": 5', '"id": 8'))
    changed["edges"][-2]["target"] = 8
    assert reasons(changed) == []


def test_another_topic_or_flink_does_not_fit() -> None:
    assert reasons(plan(), PAYMENTS_TOPIC="others") == ["the topic was payments and is others"]
    changed = plan() | {"flinkVersion": "2.3"}
    assert reasons(changed) == ["Flink's version was 2.2 and is 2.3"]


def test_without_a_record_it_does_not_fit() -> None:
    assert reasons_against({}, plan_record(plan(), JOB, SETTINGS)) == [UNKNOWN]


def test_the_changed_view_is_named_first(tmp_path: Path) -> None:
    job = dataclasses.replace(JOB, root=tmp_path / "sql")
    shutil.copytree(SQL_ROOT, job.root)
    for file in ("intake/payments_checked", "decide/payments_decided"):
        with job.path(file).open("a") as text:
            text.write("WHERE TRUE\n")
    changed = copy.deepcopy(plan())
    node(changed, 2)["projection"] = ["c"]
    before = plan_record(plan(), JOB, SETTINGS)
    found = reasons_against(before, plan_record(changed, job, SETTINGS))
    assert found[0] == "payments_checked changed"
    assert not any("payments_decided" in reason for reason in found)


def test_a_comment_changes_nothing(tmp_path: Path) -> None:
    job = dataclasses.replace(JOB, root=tmp_path / "sql")
    shutil.copytree(SQL_ROOT, job.root)
    with job.path("history/card_activity").open("a") as text:
        text.write("-- Said in passing.\n")
    files = plan_record(plan(), JOB, SETTINGS)["files"]
    assert plan_record(plan(), job, SETTINGS)["files"] == files


def test_offsets_that_are_none_are_refused() -> None:
    with pytest.raises(JobFilesError, match="WRITE_FROM is 12;13"):
        job_settings(JOB, {"WRITE_FROM": "12;13"})
