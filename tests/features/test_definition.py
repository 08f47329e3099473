"""The SQL that is shown for a column is the piece that computes it."""

import pytest

from swipestream.features.definition import definition

TEXT = """\
-- payment_features: an example.
CREATE TEMPORARY VIEW payment_features AS
WITH parts AS (
    SELECT
        *,
        CAST(a AS DOUBLE PRECISION) AS b
    FROM c
)

SELECT
    *,
    plain,
    -- Why it is halved.
    b
    / COALESCE(a, 2) AS half,
    CASE WHEN a IN (1, 2) THEN half END AS chosen,
    d.last AS last
FROM parts
WHERE plain > 1
"""


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("b", "CAST(a AS DOUBLE PRECISION) AS b"),
        ("half", "-- Why it is halved.\nb\n/ COALESCE(a, 2) AS half"),
        ("chosen", "CASE WHEN a IN (1, 2) THEN half END AS chosen"),
        ("plain", "plain"),
        ("last", "d.last AS last"),
        ("a", ""),
        ("missing", ""),
    ],
)
def test_the_piece_is_found(column: str, found: str) -> None:
    assert definition(TEXT, column, "sql/example.sql") == found
