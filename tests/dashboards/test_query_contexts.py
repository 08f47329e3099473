"""Each chart is imported with the query that Superset's REST API runs for it."""

import dataclasses
import json
from typing import Any

import pytest

from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import read_files
from swipestream.dashboards.query_contexts import KINDS, completed

FILES = read_files()
PATHS = [path for path, *_ in FILES.charts()]


def saved(path: str, **changes: Any) -> dict[str, Any]:
    """
    A chart's query context as it is imported.

    :param changes: of its parameters.
    """
    chart = FILES.objects[path]
    changed = chart | {"params": chart["params"] | changes}
    files = completed(dataclasses.replace(FILES, objects=FILES.objects | {path: changed}))
    found: dict[str, Any] = json.loads(files.objects[path]["query_context"])
    return found


def steps(query: dict[str, Any]) -> list[str]:
    return [step["operation"] for step in query["post_processing"]]


@pytest.mark.parametrize("path", PATHS)
def test_every_chart_asks_for_its_time_range(path: str) -> None:
    params = FILES.objects[path]["params"]
    (time,) = (one for one in params["adhoc_filters"] if one["operator"] == "TEMPORAL_RANGE")
    (query,) = saved(path)["queries"]
    asked = {"col": time["subject"], "op": "TEMPORAL_RANGE", "val": time["comparator"]}
    assert asked in query["filters"]
    assert query.get("metrics") or params.get("query_mode") == "raw" or "spatial" in params


def test_every_known_kind_is_that_of_a_chart() -> None:
    assert {FILES.objects[path]["viz_type"] for path in PATHS} == set(KINDS)


def test_a_table_gives_all_its_rows_and_not_a_page() -> None:
    (query,) = saved("charts/card_time_line_payments.yaml")["queries"]
    assert query["row_limit"] == 1000 and "row_offset" not in query
    assert query["orderby"] == [["event_time", False]]


def test_a_number_is_set_against_the_one_before() -> None:
    (query,) = saved("charts/fraud_overview_amount.yaml")["queries"]
    assert query["time_offsets"] == ["24 hours ago"]


def test_a_line_that_is_split_has_a_column_for_each_part() -> None:
    (query,) = saved("charts/pipeline_health_outcomes.yaml")["queries"]
    assert steps(query) == ["pivot", "rename", "flatten"]
    assert query["post_processing"][0]["options"]["columns"] == ["outcome"]
    assert query["post_processing"][1]["options"]["columns"] == {"messages": None}
    assert query["series_columns"] == ["outcome"]


@pytest.mark.parametrize(
    ("sorted_by", "options"),
    [
        ("suspected_amount", {"by": "suspected_amount", "ascending": False}),
        ("merchant_category", {"is_sort_index": True, "ascending": False}),
    ],
)
def test_bars_come_in_the_order_of_the_chart(sorted_by: str, options: dict[str, Any]) -> None:
    path = "charts/fraud_overview_by_category.yaml"
    (query,) = saved(path, x_axis_sort=sorted_by)["queries"]
    assert steps(query) == ["pivot", "sort", "flatten"]
    assert query["post_processing"][1]["options"] == options


def test_a_map_leaves_out_what_has_no_place() -> None:
    (query,) = saved("charts/fraud_overview_map.yaml")["queries"]
    without = [item["col"] for item in query["filters"] if item["op"] == "IS NOT NULL"]
    assert without == ["latitude", "longitude"]


def test_cells_come_in_the_order_of_the_axes() -> None:
    (query,) = saved("charts/fraud_overview_hours.yaml")["queries"]
    assert query["orderby"] == [["local_hour", True], ["local_day", False]]


def test_error_a_kind_that_is_not_known() -> None:
    with pytest.raises(DashboardError, match="how a chart of sankey asks is not known here"):
        saved("charts/fraud_overview_map.yaml", viz_type="sankey")
