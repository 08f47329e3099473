"""Payments in a real topic, and the rows of a correct stream in a real database."""

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from flink_jobs.score_payments import JOB
from swipestream.settings import Settings
from swipestream.verify.parity.columns import SENT, STORED
from swipestream.verify.parity.stored_outcomes import TOO_OLD
from tests.udfs.tiny_bundle import tiny_score
from tests.verify.parity.stream_by_hand import (
    Row,
    open_database,
    outcomes,
    store,
    stored_by_a_stream,
)
from tests.verify.reconcile.own_topic import send


def send_and_store(settings: Settings, sent: list[Row], version: str, folder: Path) -> int:
    """
    Send payments, and store the outcome of each.

    :param version: of the model that has scored them.
    :param folder: for a scratch database.
    :return: payments that are scored.
    """
    places = send(
        settings,
        [
            (
                row["kafka_partition"],
                row["card_id"].encode(),
                json.dumps({name: row[name] for name in SENT}).encode(),
            )
            for row in sent
        ],
    )
    for row, (place, arrived_at) in zip(sent, places, strict=True):
        row["kafka_partition"], row["kafka_offset"] = place
        row["arrived_at"] = arrived_at
    rows = [
        row
        | {
            "score": tiny_score(row["amount_cents"], row["channel"]),
            "model_version": version,
            "pipeline_version": JOB.version,
        }
        for row in stored_by_a_stream(sent)
    ]
    write(settings, rows, folder)
    with psycopg.connect(settings.postgres_url) as postgres:
        note(postgres, settings.payments_topic, outcomes(sent))
    return len(rows)


def write(settings: Settings, rows: list[Row], folder: Path) -> None:
    """Store rows in Postgres as the stream does."""
    with open_database(folder) as connection, psycopg.connect(settings.postgres_url) as postgres:
        store(connection, rows)
        made = ", ".join(name for name in STORED if name != "decision")
        found = connection.execute(f"SELECT {made} FROM stored_payments").fetchall()
        names = f"{made}, is_degraded, decision, scored_at"
        now = datetime.now(UTC).replace(tzinfo=None)
        with postgres.cursor().copy(f"COPY scored_payments ({names}) FROM STDIN") as copy:
            for row in found:
                copy.write_row((*row, False, "approve", now))


def note(postgres: psycopg.Connection, topic: str, told: list[Row]) -> None:
    """Store what became of the other messages as the stream does."""
    assert {"copy", "conflict", "too_old"} < {row["outcome"] for row in told}
    keys = ("kafka_partition", "kafka_offset")
    for row in told:
        arrived_at = row["arrived_at"].replace(tzinfo=None)
        values: Row = {"kafka_topic": topic, "arrived_at": arrived_at}
        values |= {name: row[name] for name in keys}
        if row["outcome"] == "too_old":
            insert(postgres, "rejected_payments", values | {"reason": TOO_OLD})
        sent = {name: row[name] for name in ("transaction_id", "card_id")}
        if row["outcome"] == "copy":
            insert(postgres, "duplicate_payments", values | sent)
        sent = {name: row[name] for name in SENT}
        sent["event_time"] = row["event_time"].replace(tzinfo=None)
        if row["outcome"] == "conflict":
            reason = f"another {row['differing']}"
            insert(postgres, "conflicting_payments", values | sent | {"reason": reason})


def insert(postgres: psycopg.Connection, table: str, values: Row) -> None:
    """Store as the stream does, replacing rows of an earlier topic at the same offset."""
    names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in values)
    postgres.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) "
        f"ON CONFLICT (kafka_topic, kafka_partition, kafka_offset) DO UPDATE SET {changes}",
        values,
    )
