"""What the model would know of a payment, asked of the database instead of the stream.

The production's SQL files compute it in DuckDB, from the card's stored payments and from what the
lookups return now. Details of the payment that nobody names are filled in with two different
payments: a feature on which both agree does not depend on them, and any other is unknown.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow, dict_row

from flink_jobs.tables_at_rest import at_rest
from swipestream.card_numbers import holds_card_number
from swipestream.database.queries import query
from swipestream.errors import SwipestreamError
from swipestream.models.bundles import features_in_force, job_in_force
from swipestream.settings import TopicSettings
from swipestream.verify.parity import duckdb_engine
from swipestream.verify.parity.columns import PLACE, SENT
from swipestream.verify.parity.feature_views import (
    CARD_HISTORY,
    FEATURES_FILE,
    HISTORY_FILES,
    sql_text,
)

# From the card's payments to features; what stands for Kafka and for the sink is that of parity
# and of training.
BEFORE_LOOKUPS = (
    "as_of_arrival/touched_payments",
    "as_of_arrival/payments_checked",
    *HISTORY_FILES,
    "training/payments_with_history",
)
LOOKUPS = ("customers", "merchants", "merchant_risk_days")
ENRICHED = "payments/enrich/payments_enriched"
_COLUMN = re.compile(
    r"^    (\w+) (STRING|DOUBLE|INT|BIGINT|ARRAY <(?:INT|BIGINT|DOUBLE)>),?$", re.M
)
_KINDS = {"STRING": "VARCHAR", "INT": "INTEGER"}
_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
}
_HOUR_MS, _DAY_MS, _GRACE_MS = 3_600_000, 86_400_000, 600_000


@dataclass(frozen=True)
class Asked:
    """
    A payment that somebody asks about; what is None is not named.

    :param card_id: whose history it has.
    :param event_ms: its time, UTC epoch milliseconds.
    :param device_id: None also for a payment without one, if ``is_whole``.
    :param is_whole: nothing is left out: what is None is not there.
    :param arrived: partition and offset of a payment that is stored: only what had arrived before
        it counts. None: all stored payments with an earlier time.
    """

    card_id: str
    event_ms: int
    customer_id: str | None = None
    merchant_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    channel: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    device_id: str | None = None
    is_whole: bool = False
    arrived: tuple[int, int] | None = None


@dataclass(frozen=True)
class Answer:
    """
    What the model would know.

    :param values: by feature, in the order of the model's input; None is unknown.
    :param open_features: those that depend on what was not named.
    :param history_count: stored payments of the card that were looked at.
    """

    values: Mapping[str, Any]
    open_features: frozenset[str]
    history_count: int


# Two payments without anything in common.
_FILLERS: tuple[Mapping[str, Any], ...] = (
    {
        "merchant_id": "nobody",
        "amount_cents": 100,
        "currency": "EUR",
        "channel": "pos",
        "latitude": 0.0,
        "longitude": 0.0,
        "device_id": "none",
    },
    {
        # The card's own newest merchant.
        "merchant_id": None,
        "amount_cents": 5_432_100,
        "currency": "USD",
        "channel": "online",
        "latitude": None,
        "longitude": None,
        "device_id": None,
    },
)


def answers(
    settings: TopicSettings,
    postgres: psycopg.Connection[TupleRow],
    asked: Sequence[Asked],
    folder: Path,
) -> list[Answer]:
    """
    Compute the features of payments, each alone on its card.

    :param postgres: in autocommit mode.
    :param folder: for DuckDB's file.
    :return: in the order of `asked`.
    """
    with postgres.transaction():
        postgres.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        history = _history(settings, postgres, asked)
        payments = [
            payment
            for number, item in enumerate(asked)
            for payment in _variants(item, number, history.get(number, []))
        ]
        looked_up = {table: _looked_up(settings, postgres, table, payments) for table in LOOKUPS}
    with duckdb_engine.connect(folder) as connection:
        for table, found in looked_up.items():
            connection.register(f"{table}_found", found)
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM {table}_found")
        _fill(connection, payments, history)
        _run(connection, settings)
        names = features_in_force(settings)
        rows = connection.execute(
            f"SELECT card_id, {', '.join(names)} FROM payment_features"
        ).fetchall()
    by_variant = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
    return [
        _answer(
            [by_variant[_view(number, variant)] for variant in range(1 if item.is_whole else 2)],
            len(history.get(number, [])),
        )
        for number, item in enumerate(asked)
    ]


def check_askable(
    settings: TopicSettings, postgres: psycopg.Connection[TupleRow], asked: Asked, is_now: bool
) -> None:
    """
    Refuse what could only be answered wrongly.

    :param is_now: the time was not named.
    :raises SwipestreamError: the card is a card number, or the time is before the oldest stored
        payment or in the future.
    """
    if holds_card_number(asked.card_id):
        raise SwipestreamError(
            "the card is a card number", "name its card_id, the keyed hash that payments have"
        )
    if is_now:
        return
    moment = datetime.fromtimestamp(asked.event_ms / 1000, UTC)
    if moment > datetime.now(UTC):
        raise SwipestreamError(f"{moment:%Y-%m-%d %H:%M} is in the future", "leave --as-of out")
    oldest = oldest_ms(settings, postgres)
    if oldest is None or asked.event_ms < oldest:
        begins = "no payment is stored"
        if oldest is not None:
            first = datetime.fromtimestamp(oldest / 1000, UTC)
            begins = f"the oldest stored payment is of {first:%Y-%m-%d %H:%M:%S}"
        raise SwipestreamError(
            f"nothing is known of {moment:%Y-%m-%d %H:%M:%S}: {begins}", "name a later time"
        )


def oldest_ms(settings: TopicSettings, postgres: psycopg.Connection[TupleRow]) -> int | None:
    """Time of the oldest stored payment, UTC epoch milliseconds; None without any."""
    topic = {"topic": settings.payments_topic}
    found = postgres.execute(query("oldest_of_topic"), topic).fetchone()
    return None if found is None or found[0] is None else int(found[0])


def stored_payment(
    settings: TopicSettings,
    postgres: psycopg.Connection[TupleRow],
    card_id: str,
    transaction_id: str,
) -> Asked:
    """
    A stored payment, to be asked about as it arrived.

    :raises SwipestreamError: the card has no stored payment of that number.
    """
    with postgres.cursor(row_factory=dict_row) as cursor:
        names = {"card_id": card_id, "transaction_id": transaction_id}
        row = cursor.execute(query("payment_to_ask_about"), names).fetchone()
    if row is None:
        raise SwipestreamError(
            f"card {card_id} has no stored payment {transaction_id}",
            "look for it with `swipestream psql`, or leave --payment out",
        )
    place = row.pop("kafka_partition"), row.pop("kafka_offset")
    return Asked(**row, is_whole=True, arrived=place)


def _history(
    settings: TopicSettings, postgres: psycopg.Connection[TupleRow], asked: Sequence[Asked]
) -> dict[int, list[dict[str, Any]]]:
    """The stored payments that each of those asked about may see, by its number."""
    parameters = {
        "topic": settings.payments_topic,
        "numbers": list(range(len(asked))),
        "card_ids": [item.card_id for item in asked],
        "times_ms": [item.event_ms for item in asked],
        "kept_from": [_moment(item.event_ms - CARD_HISTORY.kept_ms) for item in asked],
        "partitions": [item.arrived[0] if item.arrived else None for item in asked],
        "offsets": [item.arrived[1] if item.arrived else None for item in asked],
    }
    found: dict[int, list[dict[str, Any]]] = {}
    with postgres.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query("histories_to_ask_about"), parameters):
            found.setdefault(row.pop("asked_number"), []).append(row)
    return found


def _variants(
    asked: Asked, number: int, history: Sequence[Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    """The payment as one row; as two that agree in what was named, if something was not."""
    newest = max(history, key=lambda row: (row["event_ms"], row["kafka_offset"]), default=None)
    partition = newest["kafka_partition"] if newest else 0
    offset = 1 + max((row["kafka_offset"] for row in history), default=0)
    if asked.arrived:
        partition, offset = asked.arrived
    named = {item.name: getattr(asked, item.name) for item in fields(asked)}
    named["customer_id"] = named["customer_id"] or (newest["customer_id"] if newest else "nobody")
    moment = _moment(asked.event_ms)
    for variant, filler in enumerate([{}] if asked.is_whole else _FILLERS):
        filled = dict(filler)
        if filled.get("merchant_id", "") is None and newest:
            filled["merchant_id"] = newest["merchant_id"]
        if named["latitude"] is not None:
            filled.pop("latitude", None)
            filled.pop("longitude", None)
        known = {name: value for name, value in named.items() if value is not None}
        yield {
            **dict.fromkeys(SENT),
            **filled,
            **{name: value for name, value in known.items() if name in SENT},
            "transaction_id": "asked",
            "event_time": moment,
            "arrived_at": moment,
            "kafka_partition": partition,
            "kafka_offset": offset,
            "true_card_id": _view(number, variant),
            "number": number,
            "is_wanted": True,
        }


def _moment(ms: int) -> datetime:
    """UTC epoch milliseconds as the tables have them, without a zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None)


def _view(number: int, variant: int) -> str:
    """What stands for the card: each payment that is asked about has the card to itself."""
    return f"{number}.{variant}"


def _looked_up(
    settings: TopicSettings,
    postgres: psycopg.Connection[TupleRow],
    table: str,
    payments: Sequence[Mapping[str, Any]],
) -> pa.Table:
    """What a lookup table says of the payments, with the columns that the job gives it."""
    job = job_in_force(settings)
    kinds = {
        name: _KINDS.get(kind, kind)
        for name, kind in _COLUMN.findall(job.path(job.file_of(table)).read_text("utf-8"))
    }
    keys = {
        "customers": sorted({row["customer_id"] for row in payments if row["customer_id"]}),
        "merchants": sorted({row["merchant_id"] for row in payments if row["merchant_id"]}),
    }
    if table == "merchant_risk_days":
        asked = {
            (row["merchant_id"], (row["event_ms"] - _GRACE_MS) // _DAY_MS * _DAY_MS)
            for row in payments
            if row["merchant_id"]
        }
        parameters: dict[str, Any] = {
            "merchant_ids": [merchant for merchant, _ in asked],
            "days_ms": [day_ms for _, day_ms in asked],
        }
        # Without a merchant the view computes all of them.
        source = (
            "UNNEST(%(merchant_ids)s::text[], %(days_ms)s::bigint[]) AS asked (merchant, day) "
            "CROSS JOIN LATERAL (SELECT * FROM merchant_risk_days AS d "
            "WHERE d.merchant_id = asked.merchant AND d.day_ms = asked.day) AS found"
        )
    else:
        parameters = {"keys": keys[table]}
        source = f"{table} AS found WHERE found.{table.removesuffix('s')}_id = ANY(%(keys)s)"
    names = ", ".join(f"found.{name}" for name in kinds)
    rows = postgres.execute(f"SELECT {names} FROM {source}".encode(), parameters).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return pa.table(
        {
            name: pa.array(values, _arrow(kind))
            for (name, kind), values in zip(kinds.items(), columns, strict=True)
        }
    )


def _arrow(kind: str) -> pa.DataType:
    if kind.startswith("ARRAY"):
        inner = kind.removeprefix("ARRAY <").removesuffix(">")
        return pa.list_(_ARROW[_KINDS.get(inner, inner)])
    return _ARROW[kind]


def _fill(
    connection: duckdb.DuckDBPyConnection,
    payments: Sequence[Mapping[str, Any]],
    history: Mapping[int, Sequence[Mapping[str, Any]]],
) -> None:
    """The table `payments_arrived`: each payment with a copy of its card's history."""
    columns = {name: kind for name, kind in (SENT | PLACE).items() if name != "card_id"}
    rows = list(payments)
    for payment in payments:
        rows += [
            {**row, "true_card_id": payment["true_card_id"], "is_wanted": False}
            for row in history.get(payment["number"], [])
        ]
    table = {name: pa.array([row[name] for row in rows], _ARROW[k]) for name, k in columns.items()}
    table["true_card_id"] = pa.array([row["true_card_id"] for row in rows], pa.string())
    table["is_wanted"] = pa.array([row["is_wanted"] for row in rows], pa.bool_())
    connection.register("arrived", pa.table(table))
    connection.execute("CREATE TABLE payments_arrived AS SELECT * FROM arrived")


def _run(connection: duckdb.DuckDBPyConnection, settings: TopicSettings) -> None:
    connection.execute("CREATE MACRO proctime() AS now()")
    for file in (*BEFORE_LOOKUPS, ENRICHED, FEATURES_FILE):
        try:
            connection.execute(at_rest(sql_text(file)))
        except duckdb.Error as error:
            raise SwipestreamError(
                f"sql/{file}.sql does not run in DuckDB: {str(error).splitlines()[0]}",
                "keep to what Flink, DuckDB and PostgreSQL all read",
            ) from None


def _answer(variants: Sequence[Mapping[str, Any]], history_count: int) -> Answer:
    first, last = variants[0], variants[-1]
    depends = frozenset(name for name in first if first[name] != last[name])
    values = {name: None if name in depends else value for name, value in first.items()}
    return Answer(values, depends, history_count)
