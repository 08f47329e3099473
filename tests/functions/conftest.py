"""A schema for the tests of the sink."""

import os
from collections.abc import Iterator

import pytest
from psycopg import sql

from swipestream.settings import Settings
from tests.functions.sink_jobs import CopyJobs


@pytest.fixture(scope="module")
def sink_jobs(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CopyJobs]:
    """Jobs that write into a schema of the module's own."""
    jobs = CopyJobs(stack, f"copied_{os.getpid()}", tmp_path_factory.mktemp("copied"))
    jobs.execute("CREATE SCHEMA {schema}")
    jobs.execute("GRANT USAGE ON SCHEMA {schema} TO {}", sql.Identifier(stack.jdbc_user))
    try:
        yield jobs
    finally:
        jobs.execute("DROP SCHEMA {schema} CASCADE")
