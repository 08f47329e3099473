"""In any order of arrival, both engines agree with plain lists of what had arrived."""

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from swipestream.verify.parity import duckdb_engine, postgres_engine
from swipestream.verify.parity.feature_views import Read, sql_text
from swipestream.verify.parity.report import Report
from swipestream.verify.parity.run import check_stored, compared_payments
from tests.verify.parity.checks import log_report, mismatched
from tests.verify.parity.stream_by_hand import (
    BEGIN_MS,
    DAYS_7,
    DAYS_30,
    HOURS_24,
    KEPT,
    MINUTES_5,
    MOST,
    Row,
    in_partitions,
    open_database,
    outcomes,
    payment_of,
    store,
    stored_by_a_stream,
)

# Each window's length, what is kept and the two days that it is longer, to the millisecond.
EDGES = [
    length + off
    for length in (MINUTES_5, HOURS_24, 2 * HOURS_24, DAYS_7, 2 * DAYS_7, DAYS_30, KEPT)
    for off in (-1, 0, 1)
]
SMALL = st.sampled_from([0, 0, 1, 1000])
steps = st.one_of(SMALL, st.sampled_from(EDGES), st.integers(1, HOURS_24))
behinds = st.one_of(
    st.just(0), st.just(0), SMALL, st.sampled_from(EDGES), st.integers(1, 34 * HOURS_24)
)


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Payments of two cards in order of arrival, with copies, conflicts and common numbers."""
    values = random.Random(draw(st.integers(0, 10)))
    sent: list[Row] = []
    moment = BEGIN_MS + 100 * HOURS_24
    for number in range(draw(st.integers(1, 16))):
        moment += draw(steps)
        card = draw(st.sampled_from([0, 0, 0, 2]))
        payment = payment_of(values, card, number, moment - draw(behinds))
        kind = draw(st.sampled_from(["new"] * 8 + ["copy", "conflict"]))
        if sent and kind != "new":
            payment = dict(draw(st.sampled_from(sent)))
            payment["card_id"] = draw(st.sampled_from([payment["card_id"], f"card{card}"]))
            if kind == "conflict":
                payment["event_ms"] += draw(st.sampled_from(EDGES))
        sent.append(payment | {"sent_ms": moment})
    return in_partitions(sent)


def stored(connection: duckdb.DuckDBPyConnection, sent: list[Row], most: int = MOST) -> list[Row]:
    """The outcome of each message, once all are stored as a stream stores them."""
    told = outcomes(sent, most=most)
    rows = stored_by_a_stream(sent, most=most)
    # A number that comes again when its card has forgotten it takes the first one's row.
    assume(len(rows) == sum(row["outcome"] == "new" for row in told))
    store(connection, rows, with_most(most))
    return told


def with_most(most: int) -> Read:
    """The files for cards that keep so many payments."""

    def read(file: str) -> str:
        text = sql_text(file)
        return text.replace("10000", str(most)) if file.startswith("as_of_arrival/") else text

    return read


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path_factory.mktemp("any_order")) as opened:
        yield opened


def report_of(connection: duckdb.DuckDBPyConnection) -> Report:
    """What parity says once the features are recomputed."""
    report = Report(compared_payments(connection), "any")
    check_stored(connection, report)
    return report


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(sent=histories(), most=st.sampled_from([1, 2, 5, MOST]))
def test_duckdb_agrees_with_plain_lists(
    connection: duckdb.DuckDBPyConnection, sent: list[Row], most: int
) -> None:
    stored(connection, sent, most)
    assert duckdb_engine.recompute(connection, with_most(most)) == 0
    report = report_of(connection)
    assert report.is_clean, report.differences


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(sent=histories())
def test_the_log_agrees_with_plain_lists(
    connection: duckdb.DuckDBPyConnection, sent: list[Row]
) -> None:
    report = log_report(connection, stored(connection, sent))
    assert report.misjudged == [] and report.unsent == [] and mismatched(report) == set()


def test_postgres_agrees_with_plain_lists(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with (
        throw_away_postgres(Settings.load()) as own,
        psycopg.connect(own.postgres_url, autocommit=True) as postgres,
    ):

        @settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
        @given(sent=histories(), most=st.sampled_from([1, 2, 5, MOST]))
        def agrees(sent: list[Row], most: int) -> None:
            stored(connection, sent, most)
            found = postgres_engine.recompute(postgres, connection, tmp_path, with_most(most))
            report = report_of(connection)
            assert found == 0 and report.is_clean, report.differences

        agrees()
