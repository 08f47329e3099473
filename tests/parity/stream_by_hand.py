"""What the stream stores, worked out payment by payment in Python: no SQL window is involved."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from swipestream.parity import duckdb_engine
from swipestream.parity.columns import PLACE, RECOMPUTED, SCORED, SENT, STORED, TAKEN
from swipestream.parity.feature_views import feature_file

Row = dict[str, Any]

MINUTES_5, HOURS_24, DAYS_7 = 300_000, 86_400_000, 604_800_000
WINDOWS = {"5m": MINUTES_5, "24h": HOURS_24, "7d": DAYS_7}
# In the past, or nothing could have reached a topic by then.
BEGIN_MS = 1_577_836_800_000
ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("ms"),
}
HISTORY = tuple(name for name in RECOMPUTED if name.startswith(("previous_", "card_")))


def messages(cards: int = 12, payments: int = 60, seed: int = 1) -> list[Row]:
    """
    Payments in the order in which they reach the topic, with ties, exact distances, 5 % late ones
    and 3 % copies.
    """
    draws = random.Random(seed)
    sent: list[Row] = []
    for card in range(cards):
        moment = BEGIN_MS + draws.randrange(1000)
        for number in range(payments):
            # Twice as often a distance at which a window just still, or just no longer, holds.
            moment += draws.choice(
                [0, 1, 1000, MINUTES_5, MINUTES_5 + 1, HOURS_24, HOURS_24 + 1]
                + [draws.randrange(1, MINUTES_5), draws.randrange(1, HOURS_24)] * 3
                + [DAYS_7, DAYS_7 + 1] * (number % 20 == 19)
            )
            is_late = number > 3 and draws.random() < 0.05
            is_online = draws.random() < 0.3
            sent.append(
                {
                    "transaction_id": f"p{card}-{number}",
                    "card_id": f"card{card}",
                    "customer_id": f"c{card}",
                    "merchant_id": f"m{draws.randrange(4)}",
                    "amount_cents": draws.randrange(0, 20_000),
                    "currency": "EUR",
                    "channel": "online" if is_online else "pos",
                    "latitude": None if is_online else round(draws.uniform(-80, 80), 5),
                    "longitude": None if is_online else round(draws.uniform(-180, 180), 5),
                    "device_id": f"d{draws.randrange(2)}" if is_online else None,
                    "card_last4": "1234",
                    "event_ms": moment - draws.randrange(1, 2 * HOURS_24) * is_late,
                    "sent_ms": moment,
                }
            )
            if draws.random() < 0.03:
                sent.append(dict(sent[-1]))
    sent.sort(key=lambda row: row["sent_ms"])
    offsets = {0: 0, 1: 0}
    for row in sent:
        row["kafka_partition"] = int(row["card_id"][4:]) % 2
        row["kafka_offset"] = offsets[row["kafka_partition"]]
        offsets[row["kafka_partition"]] += 1
        row["arrived_at"] = datetime.fromtimestamp(row.pop("sent_ms") / 1000, UTC)
        row["event_time"] = datetime.fromtimestamp(row["event_ms"] / 1000, UTC)
    return sent


def stored_by_a_stream(
    sent: Iterable[Row], *, is_split: bool = True, is_deduplicated: bool = True
) -> list[Row]:
    """
    The rows a stream writes, history features filled in.

    :param sent: in order of arrival.
    :param is_split: late payments go without history, and are in nobody's.
    :param is_deduplicated: copies are dropped; otherwise each is a payment, and the last one's row
        replaces those before.
    """
    newest: dict[str | int, int] = {}
    arrived: dict[str, list[Row]] = {}
    for number, payment in enumerate(sent):
        card = arrived.setdefault(payment["card_id"], [])
        if is_deduplicated and any(
            row["transaction_id"] == payment["transaction_id"] for row in card
        ):
            continue
        card_newest = newest.get(payment["card_id"], 0)
        partition_newest = newest.get(payment["kafka_partition"], 0)
        is_late = payment["event_ms"] < card_newest or payment["event_ms"] <= partition_newest - 50
        newest[payment["card_id"]] = max(payment["event_ms"], card_newest)
        newest[payment["kafka_partition"]] = max(payment["event_ms"], partition_newest)
        card.append(payment | {"is_late": is_late and is_split, "number": number})
    rows: dict[str, Row] = {}
    for card in arrived.values():
        history = [row for row in card if not row["is_late"]]
        for row in card:
            seen = [
                other
                for other in history
                if other["event_ms"] == row["event_ms"]
                or (other["event_ms"] < row["event_ms"] and other["number"] < row["number"])
            ]
            features = with_history(row, seen)
            rows[row["transaction_id"]] = row | looked_up(row) | features
    return list(rows.values())


def with_history(row: Row, seen: Sequence[Row]) -> Row:
    """
    The history features of a payment.

    :param seen: payments up to its own time that the stream knows by then, itself included.
    """
    features: Row = dict.fromkeys(HISTORY)
    if row["is_late"]:
        return features
    before = [
        other
        for other in seen
        if (other["event_ms"], other["number"]) < (row["event_ms"], row["number"])
    ]
    # The card's previous payment counts for a week.
    before = [other for other in before if other["event_ms"] >= row["event_ms"] - DAYS_7]
    if before:
        last = max(before, key=lambda other: (other["event_ms"], other["number"]))
        features["previous_ms"] = last["event_ms"]
        features["previous_latitude"] = last["latitude"]
        features["previous_longitude"] = last["longitude"]
    for name, length in WINDOWS.items():
        inside = [other for other in seen if other["event_ms"] >= row["event_ms"] - length]
        features[f"card_txn_count_{name}"] = len(inside) - 1
        features[f"card_amount_cents_{name}"] = (
            sum(other["amount_cents"] for other in inside) - row["amount_cents"]
        )
        features[f"card_merchant_count_{name}"] = len({other["merchant_id"] for other in inside})
    return features


def looked_up(row: Row) -> Row:
    """Customer and merchant as lookups return them; card 3's customer is unknown."""
    is_known = row["customer_id"] != "c3"
    return dict.fromkeys(TAKEN) | {
        "is_late": row["is_late"],
        "home_latitude": 48.1 if is_known else None,
        "home_longitude": 11.6 if is_known else None,
        "home_country": "DE" if is_known else None,
        "utc_offset_minutes": 60 if is_known else None,
        "account_opened_ms": BEGIN_MS - 1_000_000_000 if is_known else None,
        "usual_device_id": "d1" if is_known else None,
        "merchant_category": "grocery",
        "merchant_country": "DE" if row["merchant_id"] != "m2" else "FR",
        "is_customer_known": is_known,
        "is_merchant_known": True,
    }


def open_database(folder: Path) -> duckdb.DuckDBPyConnection:
    """An empty database."""
    return duckdb_engine.connect(folder, threads=1)


def store(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Make `stored_payments` of rows with history features; derived ones are computed."""
    duckdb_engine.create_stored_payments(connection)
    table = pa.table({name: [row.get(name) for row in rows] for name in STORED}, schema=schema())
    connection.register("written", table)
    connection.execute("INSERT INTO stored_payments SELECT * FROM written")
    connection.unregister("written")
    derive(connection)


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the features that follow from the row alone, with the production file."""
    names = ", ".join(SENT | PLACE | TAKEN | dict.fromkeys(HISTORY))
    for view in ("payment_features", "payments_enriched"):
        connection.execute(f"DROP VIEW IF EXISTS {view}")
    connection.execute(
        f"CREATE TEMPORARY VIEW payments_enriched AS SELECT {names} FROM stored_payments"
    )
    connection.execute(feature_file("features/payment_features"))
    derived = [name for name in RECOMPUTED if name not in HISTORY]
    connection.execute("CREATE TEMPORARY TABLE derived AS SELECT * FROM payment_features")
    connection.execute(
        f"UPDATE stored_payments AS s SET {', '.join(f'{name} = d.{name}' for name in derived)} "
        "FROM derived AS d WHERE s.transaction_id = d.transaction_id"
    )
    connection.execute("DROP TABLE derived")
    connection.execute("DROP VIEW payment_features")
    connection.execute("DROP VIEW payments_enriched")


def schema() -> pa.Schema:
    """The columns of `stored_payments`."""
    kinds = SENT | PLACE | TAKEN | RECOMPUTED | SCORED
    return pa.schema([(name, ARROW[kind]) for name, kind in kinds.items()])
