"""Each chart's data comes through Superset, is not empty, and is what the database says."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bench.dashboard_charts import BUSIEST_CARD
from swipestream.dashboards.files import read_files
from swipestream.dashboards.questions import Question, questions, span
from swipestream.dashboards.rest import Client

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

QUESTIONS = list(questions(read_files()))
# Full hours, so that both cover the same payments; in the past, so that none is added.
END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(hours=1)


def name(question: Question) -> str:
    return f"{question.dashboard}: {question.chart}"


@pytest.fixture(scope="module")
def datasets(analyst: Client) -> dict[str, int]:
    return analyst.numbers("dataset")


@pytest.fixture
def card(connection: psycopg.Connection) -> str:
    """The one with most alerts."""
    row = connection.execute(BUSIEST_CARD).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_a_chart_shows_what_the_database_says(
    question: Question,
    analyst: Client,
    datasets: dict[str, int],
    connection: psycopg.Connection,
    card: str,
) -> None:
    question = question.of_card(card)
    # What is of this moment has no rows of an hour ago.
    end = datetime.now(UTC).replace(tzinfo=None) if question.view == "pipeline_now" else END
    begin = end - span(question.time_range)
    status, answer = analyst.request(
        "POST",
        "/api/v1/chart/data",
        question.payload(
            datasets[question.dataset_uuid], f"{begin.isoformat()} : {end.isoformat()}"
        ),
    )
    assert status == 200, answer
    shown = answer["result"][0]["data"]
    cursor = connection.execute(question.sql(), {"begin": begin, "end": end})  # type: ignore[arg-type]
    names = [column.name for column in cursor.description or ()]
    known = [dict(zip(names, row, strict=True)) for row in cursor]
    assert shown, "no data"
    assert len(shown) == len(known)
    if question.metrics:
        # A limit without an order would return different groups in each.
        assert not question.columns or question.order or len(known) < question.limit
        columns = [column for column, _ in question.columns]
        assert by(columns, shown) == by(columns, known)


def by(columns: list[str], rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], list[Any]]:
    """The measures of each group, in a form that both sides share."""
    return {
        tuple(group(row[column]) for column in columns): [
            measure(value) for name, value in row.items() if name not in columns
        ]
        for row in rows
    }


def group(value: Any) -> Any:
    """The grouping columns; times are in milliseconds, which rounding would lose."""
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    return round(value) if isinstance(value, float) and value.is_integer() else value


def measure(value: Any) -> float | None:
    """What is counted or added up; sums of floating-point numbers depend on their order."""
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else float(f"{number:.9g}")


def test_no_chart_is_empty_by_default(analyst: Client, datasets: dict[str, int]) -> None:
    empty = []
    for question in QUESTIONS:
        status, answer = analyst.request(
            "POST", "/api/v1/chart/data", question.payload(datasets[question.dataset_uuid])
        )
        assert status == 200, (question.chart, answer)
        if not answer["result"][0]["rowcount"]:
            empty.append(question.chart)
    assert empty == []
