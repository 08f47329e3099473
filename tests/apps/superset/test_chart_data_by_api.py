"""Scripts, reports and alerts ask Superset for a chart by its number, and get what it shows."""

import csv
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from swipestream.dashboards.files import read_files
from swipestream.dashboards.questions import Question, question
from swipestream.dashboards.rest import Client

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

FILES = read_files()
CHARTS = {path: (dashboard, chart) for path, dashboard, chart in FILES.charts()}
# A payment may leave a chart's time range between two queries.
PATIENCE_SECONDS = 60.0
DAY_BEFORE = "DATEADD(DATETIME('now'), -48, hour) : DATEADD(DATETIME('now'), -24, hour)"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def datasets(analyst: Client) -> dict[str, int]:
    return analyst.numbers("dataset")


@pytest.fixture(scope="module")
def charts(analyst: Client) -> dict[str, int]:
    return analyst.numbers("chart")


def as_asked(asked: Question, rows: Rows, before: Rows) -> Rows:
    return rows


def over_an_axis(asked: Question, rows: Rows, before: Rows) -> Rows:
    """Pivoted by hand."""
    axis, *parts = (name for name, _ in asked.columns)
    if not parts:
        return rows
    (part,), ((measure, _),) = parts, asked.metrics
    names = sorted({row[part] for row in rows})
    places: dict[Any, dict[str, Any]] = {}
    for row in rows:
        place = places.setdefault(row[axis], {axis: row[axis]} | dict.fromkeys(names))
        place[row[part]] = row[measure]
    return list(places.values())


def against_before(asked: Question, rows: Rows, before: Rows) -> Rows:
    ((measure, _),) = asked.metrics
    return [rows[0] | {f"{measure}__24 hours ago": before[0][measure]}]


def by_cell(asked: Question, rows: Rows, before: Rows) -> Rows:
    """Each value's rank among all; equal values share their middle rank."""
    ((measure, _),) = asked.metrics
    values = [row[measure] for row in rows]

    def rank(value: Any) -> float:
        below, equal = sum(one < value for one in values), values.count(value)
        return (below + (equal + 1) / 2) / len(values)

    return [row | {"rank": rank(row[measure])} for row in rows]


SHOWN: dict[str, Callable[[Question, Rows, Rows], Rows]] = {
    "big_number_total": as_asked,
    "deck_scatter": as_asked,
    "echarts_timeseries_bar": over_an_axis,
    "echarts_timeseries_line": over_an_axis,
    "echarts_timeseries_scatter": over_an_axis,
    "heatmap_v2": by_cell,
    "pop_kpi": against_before,
    "table": as_asked,
}


def comparable(rows: Rows) -> list[str]:
    """Rows in any order; sums of floating-point numbers depend on theirs."""
    return sorted(
        json.dumps(
            {
                name: f"{value:.9g}" if isinstance(value, int | float) else value
                for name, value in row.items()
            },
            sort_keys=True,
        )
        for row in rows
    )


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.removeprefix("charts/"))
def test_a_chart_asked_for_by_its_number_gives_what_it_shows(
    path: str, analyst: Client, datasets: dict[str, int], charts: dict[str, int]
) -> None:
    dashboard, chart = CHARTS[path]
    asked = question(FILES, dashboard, chart)
    place = f"/api/v1/chart/{charts[chart['uuid']]}/data/"

    def by_question(time_range: str = "") -> Rows:
        payload = asked.payload(datasets[asked.dataset_uuid], time_range)
        status, answer = analyst.request("POST", "/api/v1/chart/data", payload)
        assert status == 200, answer
        rows: Rows = answer["result"][0]["data"]
        return rows

    def expected() -> Rows:
        kind = chart["viz_type"]
        before = by_question(DAY_BEFORE) if kind == "pop_kpi" else []
        return SHOWN[kind](asked, by_question(), before)

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        wanted = expected()
        status, answer = analyst.request("GET", f"{place}?force=true")
        assert status == 200, answer
        (found,) = answer["result"]
        is_still = comparable(expected()) == comparable(wanted)
        if is_still or time.monotonic() > deadline:
            break
    assert not found["error"]
    assert found["rowcount"] == len(found["data"]) == len(wanted) > 0
    assert set(found["colnames"]) == set(wanted[0])
    assert comparable(found["data"]) == comparable(wanted)

    status, text = analyst.request("GET", f"{place}?format=csv")
    assert status == 200 and isinstance(text, str), text
    # With the names that people read.
    (header,) = csv.reader(text.splitlines()[:1])
    assert len(header) == len(found["colnames"])
