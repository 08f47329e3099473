"""What the pages have in common: links to each other, a named time zone, clicks that reach all."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from swipestream.dashboards.files import read_files

FILES = read_files()
PAGES = {page["slug"]: page for page in FILES.of("dashboards").values()}
# Kinds whose bars and points filter the others by what they are split by.
SPLIT = ("echarts_timeseries_bar", "echarts_timeseries_line", "echarts_timeseries_scatter")
# Cells of a table that can be clicked, by its chart; CSS of the page keeps the others from it.
CLICKED_CELLS = {
    "Its payments, newest first": ("transaction_id",),
    "Which merchants are riskiest?": ("merchant", "merchant_category", "merchant_country"),
    "Where might cards have been stolen?": ("merchant", "merchant_category", "merchant_country"),
}
PLACE = re.compile(r"\]\((/superset/dashboard/[^)]+)\)")


def head(slug: str) -> str:
    """The text at the top of a page."""
    return str(PAGES[slug]["position"]["MARKDOWN-head"]["meta"]["code"])


def charts_of(slug: str) -> dict[int, dict[str, Any]]:
    """The charts of a page by their number there."""
    charts = FILES.of("charts")
    return {
        item["meta"]["chartId"]: charts[item["meta"]["uuid"]]
        for item in PAGES[slug]["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    }


@pytest.mark.parametrize("slug", PAGES)
def test_every_page_leads_to_the_others(slug: str) -> None:
    links = {urlsplit(place).path for place in PLACE.findall(head(slug))}
    others = {f"/superset/dashboard/{other}/" for other in PAGES if other != slug}
    assert others <= links
    assert f"**{PAGES[slug]['dashboard_title']}**" in head(slug)


@pytest.mark.parametrize("slug", PAGES)
def test_every_page_names_the_time_zone(slug: str) -> None:
    assert "UTC" in head(slug)
    for chart in charts_of(slug).values():
        # Superset's mark for the zone of the browser.
        assert "local!" not in repr(chart["params"]), chart["slice_name"]


@pytest.mark.parametrize("slug", ["fraud-overview", "pipeline-health"])
def test_ranges_are_for_live_work(slug: str) -> None:
    ranges = [
        (urlsplit(place).path, found[1])
        for place in PLACE.findall(head(slug))
        if (found := re.search(r"time_range:'([^']+)'", unquote(place)))
    ]
    here = f"/superset/dashboard/{slug}/"
    assert ranges == [
        (here, name) for name in ("Last 15 minutes", "Last 60 minutes", "Last day", "Last week")
    ]


@pytest.mark.parametrize("slug", PAGES)
def test_every_chart_of_a_page_has_a_number_and_a_title_of_its_own(slug: str) -> None:
    placed = [
        item["meta"]
        for item in PAGES[slug]["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    ]
    titles = FILES.of("charts")
    assert len({meta["chartId"] for meta in placed}) == len(placed)
    for meta in placed:
        assert meta["sliceName"] == titles[meta["uuid"]]["slice_name"]


def clicks(slug: str) -> Iterator[tuple[int, str]]:
    """What a click on a chart filters by: the chart's number on its page and the column."""
    for number, chart in charts_of(slug).items():
        params = chart["params"]
        if params["viz_type"] in SPLIT:
            is_over_time = params["x_axis"] in ("event_time", "minute_at", "sampled_at")
            names = params["groupby"] or ([] if is_over_time else [params["x_axis"]])
            yield from ((number, name) for name in names)
        elif params["viz_type"] == "table":
            yield from ((number, name) for name in CLICKED_CELLS.get(chart["slice_name"], ()))


@pytest.mark.parametrize(
    "slug", [slug for slug, page in PAGES.items() if page["metadata"]["cross_filters_enabled"]]
)
def test_a_click_reaches_every_chart_that_it_is_for(slug: str) -> None:
    charts, metadata = charts_of(slug), PAGES[slug]["metadata"]
    datasets = FILES.of("datasets")
    found = list(clicks(slug))
    assert found
    for number, column in found:
        scope = metadata["chart_configuration"].get(str(number), {}).get("crossFilters", {})
        left_out = scope.get("scope", {}).get("excluded", [])
        for other in charts.keys() - {number, *left_out}:
            dataset = datasets[charts[other]["dataset_uuid"]]
            known = {item["column_name"] for item in dataset["columns"]}
            assert column in known, (charts[number]["slice_name"], charts[other]["slice_name"])


def test_the_map_comes_last_and_alerts_come_first() -> None:
    position = PAGES["fraud-overview"]["position"]
    rows = [position[row]["children"] for row in position["GRID_ID"]["children"]]
    assert rows[0] == ["MARKDOWN-head"]
    assert rows[1] == ["CHART-alerts"] and rows[-1] == ["CHART-map"]
    alerts = FILES.objects["charts/fraud_overview_alerts.yaml"]["params"]
    assert alerts["order_by_cols"] == ['["at_stake", false]']


def test_the_picker_opens_on_the_highest_score() -> None:
    (picker,) = (
        item
        for item in PAGES["card-time-line"]["metadata"]["native_filter_configuration"]
        if item["id"] == "NATIVE_FILTER-card"
    )
    ways = picker["controlValues"]
    assert ways["defaultToFirstItem"] and not ways["sortAscending"]
    assert ways["sortMetric"] == "highest_score"
    dataset = FILES.of("datasets")[picker["targets"][0]["datasetUuid"]]
    assert dataset["table_name"] == "alerted_cards"
