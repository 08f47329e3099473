"""What a chart asks of its view: as Superset's REST API takes it, and as SQL.

The browser makes the first out of a chart's parameters; this does the same for the kinds of charts
that superset/ has, so that checks and measurements need no browser.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import Files

RAW_LIMIT = 1_000
# Pages that show one card at a time.
CARD_VIEWS = ("card_payments", "card_features", "card_reasons")
UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}
GRAINS = {"PT1S": "second", "PT1M": "minute", "PT10M": None, "PT1H": "hour", "P1D": "day"}
# Ways to write a condition, in a chart's parameters and in SQL.
OPERATORS = {"==": "=", "!=": "<>", "IS NOT NULL": "IS NOT NULL", ">=": ">=", "<=": "<="}


@dataclass(frozen=True)
class Question:
    """
    One chart's query.

    :param dashboard: its folder, such as fraud_overview.
    :param chart: its title.
    :param columns: what it groups by, or shows row by row; with a grain if it is time.
    :param metrics: name and SQL; empty for row by row.
    :param conditions: column, operator and value, apart from the time.
    :param order: column and whether ascending.
    :param time_range: as the chart says it by itself, such as "Last day".
    """

    dashboard: str
    chart: str
    dataset_uuid: str
    view: str
    time_column: str
    columns: tuple[tuple[str, str], ...]
    metrics: tuple[tuple[str, str], ...]
    metric_parameters: tuple[Any, ...]
    conditions: tuple[tuple[str, str, Any], ...]
    order: tuple[tuple[str, bool], ...]
    limit: int
    time_range: str

    def payload(self, dataset_id: int, time_range: str = "") -> dict[str, Any]:
        """
        The body for /api/v1/chart/data.

        :param dataset_id: Superset's number of the view.
        :param time_range: instead of the chart's own.
        """
        filters = [{"col": c, "op": op, "val": value} for c, op, value in self.conditions]
        time = {
            "col": self.time_column,
            "op": "TEMPORAL_RANGE",
            "val": time_range or self.time_range,
        }
        query: dict[str, Any] = {
            "columns": [axis(name, grain) for name, grain in self.columns],
            "filters": [time, *filters],
            "orderby": list(self.order),
            "row_limit": self.limit,
        }
        if self.metrics:
            query["metrics"] = list(self.metric_parameters)
        return {
            "datasource": {"id": dataset_id, "type": "table"},
            "force": True,
            "result_format": "json",
            "result_type": "full",
            "queries": [query],
        }

    def of_card(self, card: str) -> "Question":
        """
        The question as its page asks it: of one card, if it is one that shows a card.

        :param card: its name on the pages, from `alerted_cards`.
        """
        if self.view not in CARD_VIEWS:
            return self
        return dataclasses.replace(self, conditions=(*self.conditions, ("card", "==", card)))

    def sql(self) -> str:
        """The same for Postgres; %(begin)s and %(end)s bound the time, in UTC."""
        shown = [truncated(name, grain) + f' AS "{name}"' for name, grain in self.columns]
        shown += [f'{expression} AS "{name}"' for name, expression in self.metrics]
        where = [f'"{self.time_column}" >= %(begin)s', f'"{self.time_column}" < %(end)s']
        for column, operator, value in self.conditions:
            right = "" if value is None else " " + quoted(value)
            where.append(f'"{column}" {OPERATORS[operator]}{right}')
        text = (
            f"SELECT {', '.join(shown)}\nFROM dashboards.{self.view}\nWHERE {' AND '.join(where)}"
        )
        if self.metrics and self.columns:
            numbers = ", ".join(str(number) for number in range(1, len(self.columns) + 1))
            text += f"\nGROUP BY {numbers}"
        if self.order:
            order = ", ".join(f'"{c}" {"ASC" if up else "DESC"}' for c, up in self.order)
            text += f"\nORDER BY {order}"
        return f"{text}\nLIMIT {self.limit}".replace("%", "%%").replace("%%(", "%(")


def axis(name: str, grain: str) -> str | dict[str, str]:
    """A column as the API takes it."""
    if not grain:
        return name
    return {
        "timeGrain": grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": name,
        "label": name,
        "expressionType": "SQL",
    }


def truncated(name: str, grain: str) -> str:
    """A column in SQL."""
    if not grain:
        return f'"{name}"'
    if GRAINS.get(grain) is None:
        raise DashboardError(f"time grain {grain} is not known here", "add it to GRAINS")
    return f"DATE_TRUNC('{GRAINS[grain]}', \"{name}\")"


def quoted(value: object) -> str:
    """A value in SQL."""
    if isinstance(value, int | float):
        return str(value)
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"


def questions(files: Files) -> Iterator[Question]:
    """The query of each chart."""
    for _, dashboard, chart in files.charts():
        yield question(files, dashboard, chart)


def question(files: Files, dashboard: str, chart: Mapping[str, Any]) -> Question:
    """
    The query of a chart.

    :param chart: what its file says.
    """
    dataset = files.of("datasets")[chart["dataset_uuid"]]
    params = chart["params"]
    known = {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}
    given = [params[name] for name in ("metric",) if params.get(name)] + params.get("metrics", [])
    metrics = tuple(
        (item, known[item])
        if isinstance(item, str)
        else (item["label"], f'{item["aggregate"]}("{item["column"]["column_name"]}")')
        for item in given
    )
    filters = params.get("adhoc_filters", [])
    times = [item for item in filters if item["operator"] == "TEMPORAL_RANGE"]
    if not times:
        raise DashboardError(
            f"chart {chart['slice_name']} has no time range", "give it one to be filtered by"
        )
    is_raw = params.get("query_mode") == "raw" or "spatial" in params
    order = tuple(tuple(entry) for entry in map(parsed, params.get("order_by_cols", [])))
    grouped = tuple(columns(params, times_of(dataset)))
    if grouped and not is_raw and given and isinstance(given[0], str):
        # As the browser does it: of too many groups, those with most stay.
        order = ((given[0], False),)
    return Question(
        dashboard=dashboard,
        chart=str(chart["slice_name"]),
        dataset_uuid=str(chart["dataset_uuid"]),
        view=str(dataset["table_name"]),
        time_column=times[0]["subject"],
        columns=grouped,
        metrics=() if is_raw else metrics,
        metric_parameters=tuple(given),
        conditions=tuple(
            (item["subject"], item["operator"], item.get("comparator"))
            for item in filters
            if item["operator"] != "TEMPORAL_RANGE"
        ),
        order=order,
        limit=min(int(params.get("row_limit") or RAW_LIMIT), 10_000),
        time_range=times[0]["comparator"],
    )


def times_of(dataset: Mapping[str, Any]) -> set[str]:
    """The columns of a dataset that are time."""
    return {column["column_name"] for column in dataset["columns"] if column["is_dttm"]}


def span(time_range: str) -> timedelta:
    """
    How far back a chart looks.

    :param time_range: such as "Last day", "Last 8 days" or what DATEADD says.
    :raises DashboardError: written in another way.
    """
    words = re.fullmatch(
        r"Last (?:(?P<count>\d+) )?(?P<unit>minute|day|week|month)s?"
        r"|DATEADD\(DATETIME\('now'\), -(?P<back>\d+), (?P<of>minute|hour|day)\) : now",
        time_range,
    )
    if not words:
        raise DashboardError(f"time range {time_range} is not known here", "add it to span")
    count = int(words["count"] or words["back"] or 1)
    return count * UNITS[words["unit"] or words["of"]]


def parsed(entry: str) -> list[Any]:
    """Superset keeps a table's order as JSON in text."""
    return list(json.loads(entry))


def columns(params: Mapping[str, Any], times: set[str]) -> Iterator[tuple[str, str]]:
    """
    What a chart groups by or shows, with the grain if it is time.

    :param times: the dataset's columns that are.
    """
    if params.get("x_axis"):
        name = params["x_axis"]
        yield name, params.get("time_grain_sqla", "") if name in times else ""
    groupby = params.get("groupby") or []
    for name in groupby if isinstance(groupby, list) else [groupby]:
        yield name, ""
    if params.get("query_mode") == "raw":
        yield from ((name, "") for name in params["all_columns"])
    if "spatial" in params:
        yield from ((params["spatial"][name], "") for name in ("latCol", "lonCol"))
