"""The query that Superset keeps with a chart, in its words the query context.

Its page makes one when somebody saves a chart, and its REST API answers for a chart
(`GET /api/v1/chart/<number>/data/`) only by that. Files hold a chart's parameters, so it is made of
them on import, as the page does it for the kinds of charts that superset/ has.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import Files
from swipestream.dashboards.questions import Question, question

Parameters = Mapping[str, Any]
# Superset puts the number of the dataset in.
NO_NUMBER = 0


def completed(files: Files) -> Files:
    """
    The same with a query context in each chart.

    :raises DashboardError: a chart is of a kind that is not known here.
    """
    charts = {
        path: chart | {"query_context": json.dumps(query_context(files, path))}
        for path, _, chart in files.charts()
        # Superset's importer says what is wrong with any others.
        if isinstance(chart.get("params"), dict)
    }
    return dataclasses.replace(files, objects=files.objects | charts)


def query_context(files: Files, path: str) -> dict[str, Any]:
    """
    What a chart asks, as the REST API takes it.

    :param path: the chart's, such as charts/fraud_overview_map.yaml.
    :raises DashboardError: a chart is of a kind that is not known here.
    """
    chart = files.objects[path]
    params = chart["params"]
    kind = params["viz_type"]
    if kind not in KINDS:
        raise DashboardError(
            f"{files.places[path]}: how a chart of {kind} asks is not known here",
            "add it to KINDS in swipestream/dashboards/query_contexts.py",
        )
    asked = question(files, files.places[path].parents[1].name, chart)
    context = asked.payload(NO_NUMBER)
    (query,) = context["queries"]
    return context | {
        "force": False,
        "form_data": params,
        "queries": [query | KINDS[kind](asked, params)],
    }


def as_asked(asked: Question, params: Parameters) -> dict[str, Any]:
    """Rows come as the database gives them: a big number; a table, all of its rows at once."""
    return {}


def over_an_axis(asked: Question, params: Parameters) -> dict[str, Any]:
    """A row for each place on the axis, a column for each measure or, if it is split, each part."""
    axis, *parts = (name for name, _ in asked.columns)
    measures = [name for name, _ in asked.metrics]
    steps: list[dict[str, Any]] = [
        {
            "operation": "pivot",
            "options": {
                "index": [axis],
                "columns": parts,
                # There is one value for each, so this changes none.
                "aggregates": {name: {"operator": "mean"} for name in measures},
                "drop_missing_columns": False,
            },
        }
    ]
    if parts and len(measures) == 1:
        # What a column is of says enough.
        columns: dict[str, None] = {measures[0]: None}
        options: dict[str, Any] = {"columns": columns, "level": 0, "inplace": True}
        steps.append({"operation": "rename", "options": options})
    sorted_by = params.get("x_axis_sort")
    if sorted_by and not parts:
        by = {"is_sort_index": True} if sorted_by == axis else {"by": sorted_by}
        ascending = {"ascending": bool(params.get("x_axis_sort_asc"))}
        steps.append({"operation": "sort", "options": by | ascending})
    return {"series_columns": parts, "post_processing": [*steps, {"operation": "flatten"}]}


def against_before(asked: Question, params: Parameters) -> dict[str, Any]:
    """A number and what it was some time before."""
    return {"time_offsets": [params["time_compare"]]}


def by_cell(asked: Question, params: Parameters) -> dict[str, Any]:
    """A row for each cell, with the place of its value among all as a part of 1."""
    (metric, _), (across, _), (down, _) = asked.metrics[0], *asked.columns
    return {
        "orderby": [
            (across, params["sort_x_axis"] == "alpha_asc"),
            (down, params["sort_y_axis"] == "alpha_asc"),
        ],
        "post_processing": [{"operation": "rank", "options": {"metric": metric}}],
    }


def on_a_map(asked: Question, params: Parameters) -> dict[str, Any]:
    """Row by row, those that have a place."""
    known = asked.payload(NO_NUMBER)["queries"][0]["filters"]
    there = [{"col": name, "op": "IS NOT NULL", "val": None} for name, _ in asked.columns]
    return {"filters": known + [item for item in there if item not in known]}


KINDS: dict[str, Callable[[Question, Parameters], dict[str, Any]]] = {
    "big_number_total": as_asked,
    "deck_scatter": on_a_map,
    "echarts_timeseries_bar": over_an_axis,
    "echarts_timeseries_line": over_an_axis,
    "echarts_timeseries_scatter": over_an_axis,
    "heatmap_v2": by_cell,
    "pop_kpi": against_before,
    "table": as_asked,
}
