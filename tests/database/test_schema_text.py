"""sql/postgres/schema.sql is what the migrations make."""

from swipestream.database.schema_text import SCHEMA_FILE, schema_text
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from swipestream.stack.postgres import data_dir


def test_the_schema_in_the_repository_is_that_of_a_fresh_database(
    environment: dict[str, str],
) -> None:
    with throw_away_postgres(Settings.load()) as made:
        text = schema_text(made)
        data = data_dir(made)
        assert data.exists()
    assert text.splitlines() == SCHEMA_FILE.read_text("utf-8").splitlines(), (
        "a migration changed the schema: run `make schema`"
    )
    assert not data.parent.exists() and not made.state_dir.exists()
