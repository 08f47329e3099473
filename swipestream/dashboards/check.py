"""Whether the dashboards fit the database, and whether each chart has something to show."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from swipestream.dashboards import superset
from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import read_files
from swipestream.dashboards.references import broken
from swipestream.dashboards.rest import Client
from swipestream.dashboards.set_up import ANALYST
from swipestream.settings import DashboardSettings, DatabaseSettings

COLUMNS = """
SELECT c.relname, a.attname
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
WHERE c.relnamespace = 'dashboards'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
"""


@dataclass(frozen=True)
class Answer:
    """
    What a chart got.

    :param rows: of its default time range.
    """

    dashboard: str
    chart: str
    rows: int
    seconds: float


def view_columns(connection: psycopg.Connection) -> dict[str, set[str]]:
    """The columns of each view that charts may read."""
    views: dict[str, set[str]] = {}
    for view, column in connection.execute(COLUMNS):
        views.setdefault(str(view), set()).add(str(column))
    return views


def check_references(settings: DatabaseSettings) -> list[str]:
    """What the files name that the database does not have, a sentence each."""
    with psycopg.connect(settings.postgres_url) as connection:
        return broken(read_files(), view_columns(connection))


def check_charts(settings: DashboardSettings) -> Iterator[Answer]:
    """
    Ask Superset for the data of every chart, as an analyst.

    :raises DashboardError: Superset is away or answers with an error.
    """
    client = Client(superset.url(settings), ANALYST, settings.superset_analyst_password)
    numbers = client.numbers("chart")
    for _, dashboard, chart in read_files().charts():
        title = str(chart["slice_name"])
        if chart["uuid"] not in numbers:
            raise DashboardError(
                f"Superset has no chart {title}", "run `swipestream dashboards import`"
            )
        begin = time.monotonic()
        place = f"/api/v1/chart/{numbers[chart['uuid']]}/data/?force=true"
        status, answer = client.request("GET", place)
        if status != 200:
            raise DashboardError(
                f"chart {title} gets status {status}: {answer}",
                "run `swipestream dashboards import`, then see superset's log",
            )
        yield Answer(
            dashboard,
            title,
            int(answer["result"][0]["rowcount"]),
            time.monotonic() - begin,
        )
