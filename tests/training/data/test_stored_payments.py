"""Learning from what the stream has stored: as it was scored, with the labels known by then.

Runs in the streaming environment, which has Postgres; nothing here needs LightGBM.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest

from flink_jobs.score_payments import JOB
from tests.training.small_world import DAY_MS, END_MS, write_small_world
from training.data.stored_payments import StoredPayments
from training.data.training_set import TrainingSet, build_training_set
from training.data.world import open_world
from training.errors import StoredPaymentsError, TooFewLabelsError, TrainingDataError

pytestmark = pytest.mark.stack
DAYS = 40
FEATURES = JOB.model_features


@dataclass(frozen=True)
class Stored:
    """
    A database with the payments of a world, as if the stream had scored them.

    :param world: the training set of the same world.
    """

    url: str
    world: TrainingSet


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, stack: Any) -> Iterator[Stored]:
    from swipestream.database.migrations import migrate
    from swipestream.stack.postgres import admin_url

    folder = tmp_path_factory.mktemp("stored")
    world = write_small_world(folder / "world", cards=120, days=DAYS)
    # From the first payment on: what is stored must not depend on where the window begins.
    built = build_training_set(open_world(world), folder / "set.parquet", since_ms=1)
    name = f"training_{os.getpid()}"
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER swipestream")
        url = stack.postgres_url.rpartition("/")[0] + f"/{name}"
        try:
            migrate(url)
            with psycopg.connect(url) as connection:
                fill(connection, built.frame, world)
            yield Stored(url, built)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fill(connection: "psycopg.Connection", frame: pd.DataFrame, world: Path) -> None:
    """Store the payments with their features, the labels and the customers of a world."""
    payments = pd.read_parquet(world / "payments")
    customer = payments.set_index("transaction_id")["customer_id"]
    rows = frame[list(FEATURES)].copy()
    whole = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'scored_payments' "
        "AND data_type IN ('integer', 'bigint')"
    ).fetchall()
    for column in rows.columns.intersection([name for (name,) in whole]):
        rows[column] = rows[column].astype("Int64")
    rows = rows.assign(
        transaction_id=frame["transaction_id"],
        card_id=frame["card_id"],
        customer_id=frame["transaction_id"].map(customer),
        merchant_id="m",
        amount_cents=frame["amount_cents_paid"],
        currency="EUR",
        event_ms=frame["event_ms"],
        event_time=pd.to_datetime(frame["event_ms"], unit="ms"),
        arrived_at=pd.to_datetime(frame["event_ms"], unit="ms"),
        kafka_partition=0,
        kafka_offset=range(len(frame)),
        came_behind_ms=0,
        is_customer_known=True,
        is_merchant_known=True,
        is_degraded=False,
        decision="approve",
        scored_at=pd.to_datetime(frame["event_ms"], unit="ms"),
    )
    copy_rows(connection, "scored_payments", rows)
    labels = pd.read_parquet(world / "labels.parquet")
    labels = labels[labels["transaction_id"].isin(frame["transaction_id"])]
    columns = {
        "transaction_id": labels["transaction_id"],
        "is_fraud": labels["is_fraud"],
        "reason": labels["reason"],
        "scenario": labels["scenario"],
        "event_time": pd.to_datetime(labels["event_ms"], unit="ms"),
        "labelled_at": pd.to_datetime(labels["labelled_ms"], unit="ms"),
        "source": labels["source"],
    }
    copy_rows(connection, "labels", pd.DataFrame(columns))
    customers = pd.read_parquet(world / "customers.parquet")
    copy_rows(connection, "customers", customers[["customer_id", "segment"]])


def copy_rows(connection: "psycopg.Connection", table: str, rows: pd.DataFrame) -> None:
    text = io.StringIO()
    rows.to_csv(text, index=False, header=False)
    statement = f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getvalue())


def build(stored: Stored, tmp_path: Path, **window: int) -> TrainingSet:
    return build_training_set(
        StoredPayments(stored.url), tmp_path / "set.parquet", **({"until_ms": END_MS} | window)
    )


def test_the_features_are_those_that_were_stored(stored: Stored, tmp_path: Path) -> None:
    found = build(stored, tmp_path, since_ms=1)
    pd.testing.assert_frame_equal(found.frame, stored.world.frame, check_dtype=False)
    assert found.content_hash == stored.world.content_hash
    assert found.labels.warnings() == stored.world.labels.warnings() == []
    assert found.source == {"kind": "postgres", "table": "scored_payments"}
    assert set(found.frame["segment"]) == {"student", "worker"}
    assert len(pd.read_parquet(tmp_path / "set.parquet")) == len(found.frame)


def test_a_window_leaves_out_the_rest(stored: Stored, tmp_path: Path) -> None:
    first = stored.world.frame["event_ms"].iloc[0]
    found = build(stored, tmp_path)
    assert found.frame["event_ms"].min() >= first + 7 * DAY_MS
    since = int(first) + 10 * DAY_MS
    assert build(stored, tmp_path, since_ms=since).frame["event_ms"].min() >= since


def test_what_came_after_the_moment_of_learning_is_not_known(
    stored: Stored, tmp_path: Path
) -> None:
    until = END_MS - 5 * DAY_MS
    found = build(stored, tmp_path, since_ms=1, until_ms=until)
    assert found.frame["event_ms"].max() < until - 21 * DAY_MS
    labelled = found.frame["labelled_ms"].dropna()
    assert len(labelled) and labelled.max() <= until


def test_a_contradiction_and_a_stranger_are_counted(stored: Stored, tmp_path: Path) -> None:
    frame = stored.world.frame
    fraud = frame.loc[frame["label"] == 1, "transaction_id"].iloc[0]
    good = frame.loc[frame["label"] == 0, "transaction_id"].iloc[0]
    moment = pd.to_datetime(END_MS - DAY_MS, unit="ms")
    added = pd.DataFrame(
        {
            "transaction_id": [fraud, "p-nobody", good],
            "is_fraud": [False, True, True],
            "labelled_at": [
                moment,
                moment,
                pd.to_datetime(frame["event_ms"].iloc[0] - 1, unit="ms"),
            ],
            "source": ["analyst", "test", "test"],
        }
    )
    with psycopg.connect(stored.url) as connection:
        # Whatever key the table has: several labels of a payment are in any case read right.
        connection.execute("ALTER TABLE labels RENAME TO labels_before")
        connection.execute("CREATE TABLE labels AS TABLE labels_before")
        copy_rows(connection, "labels", added)
    try:
        found = build(stored, tmp_path, since_ms=1)
    finally:
        with psycopg.connect(stored.url) as connection:
            connection.execute("DROP TABLE labels")
            connection.execute("ALTER TABLE labels_before RENAME TO labels")
    label = found.frame.set_index("transaction_id")["label"]
    assert label[fraud] == 0
    assert label[good] == 1
    assert (found.labels.contradicted, found.labels.of_unknown_payments) == (1, 1)
    assert found.labels.before_the_payment == 1
    assert len(found.labels.warnings()) == 3


def test_labels_of_other_payments_are_no_labels(stored: Stored, tmp_path: Path) -> None:
    with psycopg.connect(stored.url) as connection:
        connection.execute("CREATE TABLE labels_kept AS TABLE labels")
        connection.execute("UPDATE labels SET transaction_id = 'x-' || transaction_id")
    try:
        with pytest.raises(TooFewLabelsError, match=r"none of the \d+ labels .* is of a payment"):
            build(stored, tmp_path, since_ms=1)
    finally:
        with psycopg.connect(stored.url) as connection:
            connection.execute("UPDATE labels SET transaction_id = SUBSTR(transaction_id, 3)")
            connection.execute("DROP TABLE labels_kept")


def test_too_few_days_and_a_database_that_is_away_are_said(stored: Stored, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="scored_payments has 20 days from its first"):
        build(stored, tmp_path, until_ms=END_MS - 20 * DAY_MS)
    away = StoredPayments("postgresql://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(StoredPaymentsError, match="the database cannot be read") as caught:
        build_training_set(away, tmp_path / "set.parquet")
    assert "secret" not in caught.value.fact
    assert "secret" not in repr(away)


def test_a_missing_feature_is_named(stored: Stored, tmp_path: Path) -> None:
    with psycopg.connect(stored.url) as connection:
        connection.execute("ALTER TABLE scored_payments RENAME COLUMN km_from_home TO km")
    try:
        with pytest.raises(StoredPaymentsError, match="km_from_home"):
            build(stored, tmp_path, since_ms=1)
    finally:
        with psycopg.connect(stored.url) as connection:
            connection.execute("ALTER TABLE scored_payments RENAME COLUMN km TO km_from_home")
