"""An insert's star stands for the columns of its table."""

import pytest

from flink_jobs.insert_columns import bound

COLUMNS = {"stored": ["id", "amount_cents", "topic"]}


def columns_of(table: str) -> list[str]:
    return COLUMNS[table]


def test_the_star_takes_the_tables_columns_by_name() -> None:
    assert bound("INSERT INTO stored\nSELECT * FROM payments", columns_of) == (
        "INSERT INTO stored (id, amount_cents, topic)\nSELECT id, amount_cents, topic FROM payments"
    )


def test_what_the_statement_makes_is_not_taken_from_the_view() -> None:
    text = "INSERT INTO stored\nSELECT\n    *,\n    'a' AS topic\nFROM payments\nWHERE id > 0"
    assert bound(text, columns_of) == (
        "INSERT INTO stored (id, amount_cents, topic)\n"
        "SELECT id, amount_cents,\n    'a' AS topic\nFROM payments\nWHERE id > 0"
    )


def test_a_type_and_a_comment_are_no_names() -> None:
    text = (
        "INSERT INTO stored\nSELECT\n    *,\n    -- Known AS topic, but not here.\n"
        "    CAST(id AS BIGINT) + 1 AS amount_cents\nFROM payments"
    )
    assert bound(text, columns_of).startswith("INSERT INTO stored (id, topic, amount_cents)")


def test_a_header_stays() -> None:
    assert bound("-- stored: it.\nINSERT INTO stored\nSELECT * FROM p", columns_of).startswith(
        "-- stored: it.\nINSERT INTO stored (id"
    )


@pytest.mark.parametrize(
    "text", ["INSERT INTO stored SELECT id FROM p", "CREATE TEMPORARY VIEW v AS SELECT * FROM p"]
)
def test_anything_else_is_left_as_it_is(text: str) -> None:
    assert bound(text, columns_of) == text
