"""The feature cases hold in DuckDB too, with the same files: what is trained is what is scored."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from flink_jobs.job import SQL_ROOT
from flink_jobs.score_payments import FEATURES, JOB
from tests.sql.cases import Case, all_cases, differences, input_lines
from tests.sql.flink_cases import files_for

# What begins at the topic is about Flink's clock as well.
CASES = [
    case
    for case in all_cases()
    if case.job is JOB and case.file in FEATURES and "payments_topic" not in case.inputs
]


def column_types() -> dict[str, str]:
    """The type of each column of `scored_payments`, from the schema; DuckDB knows them all."""
    text = (SQL_ROOT / "postgres/schema.sql").read_text("utf-8")
    table = text.split("CREATE TABLE public.scored_payments (")[1].split("\n)")[0]
    found = re.findall(
        r"^    (\w+) (text|bigint|integer|double precision|boolean|timestamp)", table, re.M
    )
    return dict(found)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET integer_division = true")
        yield connection


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_holds_in_duckdb(case: Case, connection: duckdb.DuckDBPyConnection) -> None:
    types = column_types()
    for relation, path in case.inputs.items():
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        connection.execute(f"CREATE TABLE {relation} ({columns})")
        for line in input_lines(path, list(types)):
            connection.execute(
                f"INSERT INTO {relation} SELECT unnest(from_json(?, ?))",
                [line, str({name: kind.upper() for name, kind in types.items()}).replace("'", '"')],
            )
    for file in files_for(case):
        connection.execute(JOB.path(file).read_text("utf-8"))
    result = connection.execute(f"SELECT * FROM {case.relation}")
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    found = differences(case.expected(), rows)
    assert not found, "\n".join([case.name, *found])
