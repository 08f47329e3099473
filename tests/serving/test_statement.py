"""The API's statement is the stream's SQL, and gives each payment what a correct stream stores."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from flink_jobs.job import JobFilesError
from flink_jobs.pipelines import PAYMENTS
from serving.decisions.statement import FILES, PARAMETERS, sql_text, statement
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings
from swipestream.verify.parity.columns import RECOMPUTED
from tests.verify.parity.stream_by_hand import (
    Row,
    looked_up,
    messages,
    open_database,
    outcomes,
    store,
)

PRODUCTION = [file for file in FILES if not file.startswith("online/")]
REPLACED = {
    "COUNT(DISTINCT merchant_id) OVER": "COUNT(distinct_merchant_id) OVER",
    " FOR SYSTEM_TIME AS OF payments.looked_up_at": "",
    "PROCTIME()": "CLOCK_TIMESTAMP()",
}


@pytest.mark.parametrize("file", PRODUCTION)
def test_the_production_files_are_in_it_byte_for_byte(file: str) -> None:
    text = sql_text(file)
    for of_flink, of_postgres in REPLACED.items():
        text = text.replace(of_flink, of_postgres)
    header, query = text.split(f"CREATE TEMPORARY VIEW {file.rpartition('/')[2]} AS\n")
    assert f"{file.rpartition('/')[2]} AS (\n{header}{query}\n)" in statement()


def test_all_of_the_job_between_check_and_score_is_in_it() -> None:
    files = PAYMENTS.job.tables_and_views
    between = files[
        files.index("intake/payments_checked") + 1 : files.index("decide/payments_scored")
    ]
    made = {file.rpartition("/")[2] for file in FILES}
    # What was stored already is a rebuild's, in which the API has no part; it has the policies.
    apart = {"messages_new", "decision_policies"}
    assert {file.rpartition("/")[2] for file in between} - apart <= made


@pytest.mark.parametrize(
    "count, problem",
    [
        ("COUNT(DISTINCT device_id) OVER last_7d", "no distinct_device_id"),
        ("COUNT(*) OVER (ORDER BY event_time RANGE INTERVAL '1' HOUR PRECEDING)", "'1' HOUR"),
        ("COUNT(DISTINCT merchant_id) FILTER (WHERE TRUE) OVER last_7d", "not followed by OVER"),
    ],
)
def test_a_count_that_postgres_lacks_is_refused(count: str, problem: str) -> None:
    def read(file: str) -> str:
        return sql_text(file).replace("COUNT(DISTINCT merchant_id) OVER last_7d", count)

    with pytest.raises(JobFilesError, match=problem):
        statement(read)


@pytest.fixture(scope="module")
def database() -> Iterator[Settings]:
    with throw_away_postgres(Settings.load()) as settings:
        with psycopg.connect(settings.postgres_url) as connection:
            fill_people(connection)
        yield settings


def fill_people(connection: psycopg.Connection[Any]) -> None:
    """The customers and merchants that a stream by hand looks up."""
    for number in range(6):
        customer = looked_up({"customer_id": f"c{number}", "merchant_id": "m0"})
        if customer.pop("is_customer_known"):
            connection.execute(
                "INSERT INTO customers (customer_id, home_latitude, home_longitude, home_country, "
                "utc_offset_minutes, account_opened_at, usual_device_id) VALUES (%(customer_id)s, "
                "%(home_latitude)s, %(home_longitude)s, %(home_country)s, %(utc_offset_minutes)s, "
                "TO_TIMESTAMP(%(account_opened_ms)s / 1000.0) AT TIME ZONE 'UTC', "
                "%(usual_device_id)s)",
                customer | {"customer_id": f"c{number}"},
            )
        merchant = looked_up({"customer_id": "c0", "merchant_id": f"m{number}"})
        connection.execute(
            "INSERT INTO merchants (merchant_id, category, country) "
            "VALUES (%s, %(merchant_category)s, %(merchant_country)s)".replace(
                "%s", f"'m{number}'"
            ),
            merchant,
        )


def store_row(connection: psycopg.Connection[Any], row: Row) -> None:
    """As the stream does, with what it looked up left out."""
    columns = {
        name: row[name]
        for name in (
            *PARAMETERS[:-1],
            "event_time",
            "arrived_at",
            "kafka_partition",
            "kafka_offset",
        )
    } | {
        "is_customer_known": False,
        "is_merchant_known": False,
        "is_degraded": True,
        "decision": "approve",
        "scored_at": row["arrived_at"],
    }
    names, marks = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    connection.execute(f"INSERT INTO scored_payments ({names}) VALUES ({marks})", columns)


def answer_row(connection: psycopg.Connection[Any], row: Row) -> None:
    """As the API does before the stream has stored the payment."""
    columns = {name: row[name] for name in (*PARAMETERS[:-1], "event_time")} | {
        "request_hash": "0",
        "decision": "approve",
        "is_degraded": True,
        "answer": "{}",
        "decided_at": row["arrived_at"],
    }
    names, marks = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    connection.execute(f"INSERT INTO decisions ({names}) VALUES ({marks})", columns)


def is_same(got: Any, wanted: Any) -> bool:
    """Equal but for the last digits of a distance."""
    if got is None or wanted is None:
        return got is wanted
    return bool(got == pytest.approx(wanted, rel=1e-9))


@pytest.mark.parametrize("share_on_their_way", [0.0, 0.5, 1.0])
def test_each_payment_gets_the_features_of_a_correct_stream(
    database: Settings, tmp_path: Path, share_on_their_way: float
) -> None:
    """
    Ties, exact distances of windows, payments that come behind: whatever a card's history is made
    of, stored rows, or answers that the stream has not stored yet, or both.
    """
    draws = random.Random(3)
    arrived = [row for row in outcomes(messages(cards=6)) if row["outcome"] in ("new", "too_old")]
    stored = [row | looked_up(row) for row in arrived if row["outcome"] == "new"]
    with open_database(tmp_path) as computing:
        store(computing, stored)
        expected = {
            found[0]: found[1:]
            for found in computing.execute(
                f"SELECT transaction_id, {', '.join(RECOMPUTED)} FROM stored_payments"
            ).fetchall()
        }
    differing = []
    with (
        psycopg.connect(database.postgres_url, row_factory=dict_row) as connection,
        psycopg.RawCursor(connection, row_factory=dict_row) as cursor,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        # Answers come after all that is stored: a card's later payments all have one.
        answered_from = {
            row["card_id"]: draws.random() for row in arrived if share_on_their_way < 1
        }
        counts: dict[str, int] = {}
        totals: dict[str, int] = {}
        for row in stored:
            totals[row["card_id"]] = totals.get(row["card_id"], 0) + 1
        for row in arrived:
            values = [row[name] for name in PARAMETERS[:-1]] + [False]
            found = cursor.execute(statement(), values).fetchone()
            assert found
            if row["outcome"] == "too_old":
                assert found["came_behind_ms"] > PAYMENTS.kept.kept_ms
                continue
            wanted = dict(zip(RECOMPUTED, expected[row["transaction_id"]], strict=True))
            got = {name: found[name] for name in RECOMPUTED}
            differing += [
                (row["transaction_id"], name, got[name], wanted[name])
                for name in RECOMPUTED
                if not is_same(got[name], wanted[name])
            ]
            card = row["card_id"]
            counts[card] = counts.get(card, 0) + 1
            share = counts[card] / totals[card]
            if share_on_their_way == 1 or (
                share_on_their_way and share > answered_from[card] * share_on_their_way
            ):
                answer_row(connection, row)
            else:
                store_row(connection, row)
        connection.rollback()
    assert not differing[:5]
