"""Every column that a chart or a filter names is in its view; and a missing one is noticed."""

import copy

import psycopg
import pytest

from swipestream.dashboards.check import view_columns
from swipestream.dashboards.files import Files, read_files
from swipestream.dashboards.references import broken
from swipestream.settings import Settings

FILES = read_files()


@pytest.fixture(scope="module")
def views(stack: Settings) -> dict[str, set[str]]:
    with psycopg.connect(stack.postgres_url) as connection:
        return view_columns(connection)


@pytest.mark.stack
def test_everything_that_the_dashboards_name_exists(views: dict[str, set[str]]) -> None:
    assert broken(FILES, views) == []


@pytest.mark.stack
def test_every_question_is_one_that_postgres_can_answer(stack: Settings) -> None:
    from swipestream.dashboards.questions import questions

    period = {"begin": "2030-01-01", "end": "2030-01-02"}
    with psycopg.connect(stack.role_url("swipestream_dashboards")) as connection:
        for question in questions(FILES):
            connection.execute(question.sql(), period)  # type: ignore[arg-type]


def changed(path: str, **values: object) -> Files:
    objects = copy.deepcopy(FILES.objects)
    for name, value in values.items():
        target = objects[path].get("params") or objects[path]
        target[name] = value
    return Files(objects, FILES.places, FILES.roles)


def as_declared() -> dict[str, set[str]]:
    """Views that have what the files say, to plant faults in."""
    return {
        dataset["table_name"]: {column["column_name"] for column in dataset["columns"]}
        for dataset in FILES.of("datasets").values()
    }


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            changed("charts/fraud_overview_by_category.yaml", x_axis="categroy"),
            "no column categroy",
        ),
        (changed("charts/fraud_overview_by_category.yaml", metrics=["losses"]), "no metric losses"),
        (
            changed("datasets/swipestream/suspected_payments.yaml", table_name="suspects"),
            "no view of that name",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_noticed(files: Files, fault: str) -> None:
    assert any(fault in said for said in broken(files, as_declared()))


def test_a_column_that_a_view_has_lost_is_noticed() -> None:
    views = as_declared()
    views["suspected_payments"].remove("score_pct")
    assert any("no column score_pct" in said for said in broken(FILES, views))
