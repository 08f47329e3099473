"""One Flink environment for all SQL tests, and all SQL cases run in it as one job."""

import dataclasses
import json
import os

import psycopg
import pytest
from psycopg import sql

from flink_jobs.job import job_settings
from flink_jobs.score_payments import JOB
from swipestream.jobs.environment import job_environment
from swipestream.settings import Settings
from swipestream.stack.functions_jar import flink_jars
from swipestream.stack.java import java_home
from tests.sql.cases import Case, Row, all_cases, read_rows
from tests.sql.flink_cases import FlinkCases, is_lookup

NO_MODELS = "nowhere"


@pytest.fixture(scope="session")
def flink_cases(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> FlinkCases:
    """The production files, registered in a local Flink."""
    os.environ["JAVA_HOME"] = str(java_home())
    from flink_jobs.runner import table_environment

    # The cases have separate tables, which only the owner may read.
    owner = dataclasses.replace(
        stack, database_url=stack.postgres_url, stream_database_url=stack.postgres_url
    )
    settings = job_settings(JOB, job_environment(owner) | {"MODEL_DIR": NO_MODELS})
    jars = [path.as_uri() for path in flink_jars(stack)]
    environment = table_environment(JOB, settings, jars)
    # A case that fails must fail, not retry forever.
    environment.get_config().set("restart-strategy.type", "none")
    return FlinkCases(environment, settings, tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="session")
def flink_results(stack: Settings, flink_cases: FlinkCases) -> dict[str, list[Row]]:
    """What comes out of every case's view."""
    cases = all_cases()
    with psycopg.connect(stack.postgres_url) as connection:
        for number, case in enumerate(cases):
            load_lookups(connection, case, f"case_{number}")
    return flink_cases.run(cases)


def load_lookups(connection: psycopg.Connection, case: Case, schema: str) -> None:
    """Put a case's lookup rows into tables like the production ones, in a schema of the case."""
    lookups = {file.rsplit("/", 1)[1] for file in JOB.files if is_lookup(JOB, file)}
    for relation, path in case.inputs.items():
        if relation not in lookups:
            continue
        names = {"schema": sql.Identifier(schema), "table": sql.Identifier(relation)}
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {schema}").format(**names))
        connection.execute(
            sql.SQL("CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)").format(
                **names
            )
        )
        for row in read_rows(path):
            columns = sql.SQL(", ").join(map(sql.Identifier, row))
            connection.execute(
                sql.SQL(
                    "INSERT INTO {schema}.{table} ({columns}) SELECT {columns} "
                    "FROM json_populate_record(NULL::public.{table}, %s)"
                ).format(**names, columns=columns),
                [json.dumps(row)],
            )
