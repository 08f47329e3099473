"""sql/postgres/schema.sql is what the migrations make."""

import pytest

from swipestream.settings import Settings
from swipestream.stack.schema_text import SCHEMA_FILE, schema_text


@pytest.mark.stack
def test_the_schema_in_the_repository_is_that_of_a_fresh_database(stack: Settings) -> None:
    assert schema_text(stack).splitlines() == SCHEMA_FILE.read_text("utf-8").splitlines(), (
        "a migration changed the schema: run `make schema` while the stack is up"
    )
