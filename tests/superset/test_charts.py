"""Each chart's data comes through Superset, is not empty, and is what the database says."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from swipestream.dashboards.files import read_files
from swipestream.dashboards.questions import Question, questions
from swipestream.dashboards.rest import Client

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

QUESTIONS = list(questions(read_files()))
# To the hour, so that both are asked of the same payments; long over, so that none is added.
END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(hours=1)
BEGIN = END - timedelta(hours=20)
PERIOD = f"{BEGIN.isoformat()} : {END.isoformat()}"


def name(question: Question) -> str:
    return f"{question.dashboard}: {question.chart}"


@pytest.fixture(scope="module")
def datasets(analyst: Client) -> dict[str, int]:
    return analyst.numbers("dataset")


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_a_chart_shows_what_the_database_says(
    question: Question,
    analyst: Client,
    datasets: dict[str, int],
    connection: psycopg.Connection,
) -> None:
    status, answer = analyst.request(
        "POST", "/api/v1/chart/data", question.payload(datasets[question.dataset_uuid], PERIOD)
    )
    assert status == 200, answer
    shown = answer["result"][0]["data"]
    cursor = connection.execute(question.sql(), {"begin": BEGIN, "end": END})  # type: ignore[arg-type]
    names = [column.name for column in cursor.description or ()]
    known = [dict(zip(names, row, strict=True)) for row in cursor]
    assert shown, "no data"
    assert len(shown) == len(known)
    if question.metrics:
        columns = [column for column, _ in question.columns]
        assert by(columns, shown) == by(columns, known)


def by(columns: list[str], rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], list[Any]]:
    """The measures of each group, in a form that both sides share."""
    return {
        tuple(comparable(row[column]) for column in columns): [
            comparable(value) for name, value in row.items() if name not in columns
        ]
        for row in rows
    }


def comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    if value is None or isinstance(value, str | bool):
        return value
    number = float(value)
    # Sums of floating-point numbers depend on their order.
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
