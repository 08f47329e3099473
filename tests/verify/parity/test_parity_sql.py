"""Parity runs the stream's SQL; only one function is changed for PostgreSQL."""

import re

import pytest

from flink_jobs.pipelines import PAYMENTS
from flink_jobs.score_payments import JOB
from swipestream.database.schema_text import SCHEMA_FILE
from swipestream.verify.parity.columns import (
    DECIDED,
    PLACE,
    RECOMPUTED,
    SENT,
    STORED,
    TAKEN,
    stored_columns,
)
from swipestream.verify.parity.feature_views import (
    CARD_HISTORY,
    FILES,
    SQL_ROOT,
    path_of,
    statements,
)
from swipestream.verify.parity.postgres_engine import for_postgres

AROUND = [path for folder in ("parity", "as_of_arrival") for path in (SQL_ROOT / folder).glob("*")]
KINDS = {
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "double precision": "DOUBLE",
    "integer": "INTEGER",
    "text": "VARCHAR",
    "timestamp(3)": "TIMESTAMP",
}
OURS = [path for path in [*AROUND, *(SQL_ROOT / "parity/log").glob("*")] if path.suffix == ".sql"]


def test_every_feature_file_is_run_as_it_is() -> None:
    texts = [statement for _, statement in statements()]
    for file in PAYMENTS.feature_files:
        assert texts.count(JOB.path(file).read_text("utf-8")) == 1


def test_every_file_of_the_folders_is_run() -> None:
    assert {path_of(file) for file in FILES} >= {path for path in AROUND if path.suffix == ".sql"}


def test_what_a_card_keeps_is_the_same_everywhere() -> None:
    texts = "".join(path.read_text("utf-8") for path in OURS)
    numbers = {int(number) for number in re.findall(r"\b[0-9]{5,}\b", texts)}
    kept, reach = CARD_HISTORY.kept_ms, CARD_HISTORY.guarded_ms
    # The last one bounds how much is looked at.
    assert numbers == {kept, reach, kept - reach, CARD_HISTORY.most, 5_000_000}
    windows = re.findall(
        r"INTERVAL '(\d+)' (\w+)", JOB.path(PAYMENTS.feature_files[0]).read_text("utf-8")
    )
    unit_ms = {"MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}
    assert max(int(number) * unit_ms[unit] for number, unit in windows) == reach


@pytest.mark.parametrize("file", PAYMENTS.feature_files)
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
    text = JOB.path("store/tables/scored_payments").read_text("utf-8")
    stored = set(re.findall(r"^    (\w+) [A-Z]", text, re.MULTILINE)) - {"PRIMARY"}
    assert stored == set(stored_columns()) == set(STORED) | set(DECIDED)
    assert set(JOB.model_features) <= set(STORED)
    assert {"came_behind_ms", "card_txn_count_24h", "is_night"} <= set(RECOMPUTED)


def test_the_stream_stores_what_the_table_takes() -> None:
    """The types come from the stream's table, and are those of the database."""
    table = SCHEMA_FILE.read_text("utf-8").partition("CREATE TABLE public.scored_payments (")[2]
    in_postgres = re.findall(
        r"^    (\w+) ([a-z ]+(?:\(3\))?)", table.partition("\n);")[0], re.MULTILINE
    )
    kinds = {name: KINDS[kind.strip()] for name, kind in in_postgres if name in stored_columns()}
    assert kinds == stored_columns()


def test_what_look_ups_returned_is_taken_from_the_stored_row() -> None:
    text = path_of("parity/payments_arrived").read_text("utf-8")
    named = set(re.findall(r"^    (\w+)(?: AS \w+)?,?$", text, re.MULTILINE))
    assert named == set(SENT) | set(PLACE) | set(TAKEN) | {"is_compared"}
