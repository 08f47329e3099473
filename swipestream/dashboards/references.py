"""Whether what the dashboards name exists: datasets, and their columns in the views."""

from collections.abc import Iterator, Mapping
from typing import Any

from swipestream.dashboards.files import Files

# Parameters of a chart that hold one column, or a list of them.
COLUMN_PARAMETERS = ("x_axis", "groupby", "all_columns", "columns", "entity", "granularity_sqla")
METRIC_PARAMETERS = (
    "metric",
    "metrics",
    "secondary_metric",
    "x_axis_sort",
    "timeseries_limit_metric",
)
PLACE_PARAMETERS = ("latCol", "lonCol")


def broken(files: Files, views: Mapping[str, set[str]]) -> list[str]:
    """
    What the files name that is not there.

    :param views: the columns of each view of the schema `dashboards`.
    :return: a sentence each; empty is good.
    """
    datasets = files.of("datasets")
    faults: list[str] = []
    for dataset in datasets.values():
        view = str(dataset["table_name"])
        if dataset["database_uuid"] not in files.of("databases"):
            faults.append(f"dataset {view}: no such database")
        if view not in views:
            faults.append(f"dataset {view}: there is no view of that name")
            continue
        for column in dataset["columns"]:
            if not column.get("expression") and column["column_name"] not in views[view]:
                faults.append(f"dataset {view}: the view has no column {column['column_name']}")
    for chart in files.of("charts").values():
        name = chart["slice_name"]
        if chart["dataset_uuid"] not in datasets:
            faults.append(f"chart {name}: no such dataset")
            continue
        dataset = datasets[chart["dataset_uuid"]]
        known = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        for column in columns_of(chart["params"]):
            if column not in known:
                faults.append(f"chart {name}: {dataset['table_name']} has no column {column}")
        for metric in metrics_of(chart["params"]):
            if metric not in metrics | known:
                faults.append(f"chart {name}: {dataset['table_name']} has no metric {metric}")
    for dashboard in files.of("dashboards").values():
        faults += broken_in(dashboard, files)
    return faults


def columns_of(params: Mapping[str, Any]) -> Iterator[str]:
    """The columns that a chart names."""
    for name in COLUMN_PARAMETERS:
        value = params.get(name)
        values = value if isinstance(value, list) else [value]
        yield from (item for item in values if isinstance(item, str))
    yield from (params["spatial"][name] for name in PLACE_PARAMETERS if "spatial" in params)
    for condition in params.get("adhoc_filters", []):
        yield condition["subject"]
    # Of other charts, what is shown and not a column.
    if params["viz_type"] == "table":
        yield from params.get("column_config", {})
    for metric in metric_values(params):
        if isinstance(metric, dict) and metric.get("column"):
            yield metric["column"]["column_name"]


def metrics_of(params: Mapping[str, Any]) -> Iterator[str]:
    """The metrics that a chart names, and what it sorts by."""
    return (metric for metric in metric_values(params) if isinstance(metric, str))


def metric_values(params: Mapping[str, Any]) -> Iterator[Any]:
    """The metrics of a chart: names, or made for it alone."""
    for name in METRIC_PARAMETERS:
        value = params.get(name)
        yield from value if isinstance(value, list) else [value] if value else []


def broken_in(dashboard: Mapping[str, Any], files: Files) -> Iterator[str]:
    """What a dashboard names that is not there."""
    title, datasets = dashboard["dashboard_title"], files.of("datasets")
    placed = {
        item["meta"]["uuid"]: item["meta"]["chartId"]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item.get("type") == "CHART"
    }
    for uuid in placed.keys() - files.of("charts").keys():
        yield f"dashboard {title}: no such chart as {uuid}"
    for item in dashboard["metadata"]["native_filter_configuration"]:
        for target in item["targets"]:
            if not target:
                continue
            column = target["column"]["name"]
            dataset = datasets.get(target["datasetUuid"], {"columns": []})
            if column not in {known["column_name"] for known in dataset["columns"]}:
                yield f"dashboard {title}: filter {item['name']} has no column {column}"
        for excluded in item["scope"]["excluded"]:
            if excluded not in placed.values():
                yield f"dashboard {title}: filter {item['name']} leaves out no chart {excluded}"
