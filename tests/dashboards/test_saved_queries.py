"""The questions that the SQL page offers can be asked, and say what they ask."""

from pathlib import Path

import psycopg
import pytest

from swipestream.dashboards.errors import DashboardError
from swipestream.dashboards.files import SavedQuery, read_files, read_query
from swipestream.settings import Settings

QUERIES = read_files().queries


def test_there_are_five() -> None:
    assert len(QUERIES) == len({query.label for query in QUERIES}) == 5


@pytest.mark.stack
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_an_analyst_may_ask_it(stack: Settings, people_url: str, query: SavedQuery) -> None:
    reader = stack.role_url("swipestream_dashboards")
    place = reader.rpartition("/")[0] + "/" + people_url.rpartition("/")[2]
    with psycopg.connect(place) as connection:
        cursor = connection.execute(query.sql.encode())
        assert cursor.description
        # The digits of a card are to be filled in.
        assert bool(cursor.fetchall()) == (query.name != "card_by_last_digits")


@pytest.mark.parametrize("header", ["SELECT 1", "-- other: what", "-- odd:", ""])
def test_error_a_query_that_does_not_say_what_it_asks(tmp_path: Path, header: str) -> None:
    file = tmp_path / "odd.sql"
    file.write_text(f"{header}\nSELECT 1\n")
    with pytest.raises(DashboardError, match="does not begin with `-- odd: `"):
        read_query(file)
