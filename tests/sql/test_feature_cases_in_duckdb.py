"""The feature cases hold in DuckDB too, with the same files: training has the stream's features."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from flink_jobs.pipelines import PAYMENTS
from flink_jobs.score_payments import JOB
from swipestream.verify.parity.columns import STORED
from swipestream.verify.parity.duckdb_engine import create_stored_payments
from swipestream.verify.parity.feature_views import sql_text
from tests.sql.cases import Case, all_cases, differences, hold, input_lines
from tests.sql.flink_cases import files_for

# How what had arrived becomes what a card's history is asked of, as training and parity do it.
AS_OF_ARRIVAL = (
    "parity/payments_arrived",
    "as_of_arrival/touched_payments",
    "as_of_arrival/payments_checked",
)
# Who trains has no copies, no conflicts and nothing rejected.
ONLY_IN_FLINK = ("outcome", "differs", "reason")


def is_for_duckdb(case: Case) -> bool:
    names = {name for row in case.expected() for name in row}
    return (
        case.job is JOB
        and case.file in PAYMENTS.feature_files
        and not names.intersection(ONLY_IN_FLINK)
    )


CASES = [case for case in all_cases() if is_for_duckdb(case)]


def made_by(file: str) -> set[str]:
    """The columns that a view adds."""
    return set(re.findall(r"\bAS (\w+)(?=,|\n)", JOB.path(file).read_text("utf-8")))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET integer_division = true")
        yield connection


def test_there_are_cases_of_each_feature_file() -> None:
    assert {case.file for case in CASES} == set(PAYMENTS.feature_files)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_holds_in_duckdb(case: Case, connection: duckdb.DuckDBPyConnection) -> None:
    for relation, path in case.inputs.items():
        if relation == "payments_checked":
            types, table = STORED, "stored_payments"
            create_stored_payments(connection)
        else:
            made = {name for file in files_for(case) for name in made_by(file)}
            types, table = {n: kind for n, kind in STORED.items() if n not in made}, relation
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            connection.execute(f"CREATE TABLE {relation} ({columns})")
        for line in input_lines(path, list(types)):
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT unnest(from_json(?, ?))",
                [line, str(types).replace("'", '"')],
            )
    is_asked = ""
    if "payments_checked" in case.inputs:
        is_asked = " WHERE is_asked"
        for file in AS_OF_ARRIVAL:
            connection.execute(sql_text(file))
    for file in files_for(case):
        connection.execute(JOB.path(file).read_text("utf-8"))
    result = connection.execute(f"SELECT * FROM {case.relation}{is_asked}")
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    found = differences(case.expected(), rows)
    hold(case.name, found)
