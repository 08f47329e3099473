"""The SQL that parity runs is the stream's; what is changed for PostgreSQL is one function."""

import re

import pytest

from flink_jobs.score_payments import FEATURES, JOB
from swipestream.parity.columns import RECOMPUTED, STORED
from swipestream.parity.feature_views import PARITY_SQL, statements
from swipestream.parity.postgres_engine import for_postgres


def test_every_feature_file_is_run_as_it_is() -> None:
    texts = [statement for _, statement in statements()]
    for file in FEATURES:
        assert texts.count(JOB.path(file).read_text("utf-8")) == 1


def test_every_file_of_the_folder_is_run() -> None:
    run = {file for file, _ in statements() if file.startswith("parity/")}
    assert run == {f"parity/{path.stem}" for path in PARITY_SQL.glob("*.sql")}


@pytest.mark.parametrize("path", sorted(PARITY_SQL.glob("*.sql")), ids=lambda path: path.stem)
def test_header_has_every_line(path) -> None:  # type: ignore[no-untyped-def]
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith(f"-- {path.stem}: ")
    names = ("Grain", "Reads", "Window", "Units", "Late", "Source")
    found = [match[1] for line in lines if (match := re.match(r"-- (\w+):\s+\S", line))]
    assert tuple(word for word in found if word in names) == names
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("file", FEATURES)
def test_postgres_differs_by_one_function(file: str) -> None:
    text = JOB.path(file).read_text("utf-8")
    changed = for_postgres(text)
    assert changed.replace("count_distinct(merchant_id)", "COUNT(DISTINCT merchant_id)") == text
    before, after = text.split(), changed.split()
    differing = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
    assert (differing != []) == ("COUNT(DISTINCT" in text)


def test_other_counts_are_left_alone() -> None:
    for text in (
        "COUNT(*) OVER w",
        "COUNT(x) OVER w",
        "COUNT(DISTINCT x) AS y",
        "SUM(x) OVER w",
        "-- COUNT(DISTINCT something else) OVER",
    ):
        assert for_postgres(text) == text
    assert for_postgres("COUNT(DISTINCT x) OVER w") == "count_distinct(x) OVER w"


def test_every_column_the_stream_stores_is_known() -> None:
    insert = JOB.path("inserts/scored_payments").read_text("utf-8")
    stored = set(re.findall(r"^    (?:.* AS )?(\w+),?$", insert, re.MULTILINE))
    # The decision follows from a policy that changes, and is not recomputed.
    decided = {"policy_version", "is_degraded", "decision", "scored_at"}
    assert stored - decided == set(STORED)
    assert set(JOB.model_features) <= set(STORED)
    assert set(RECOMPUTED) <= stored
