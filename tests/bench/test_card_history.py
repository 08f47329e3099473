"""The peers' history and features are those of the production SQL, to the millisecond."""

import pickle
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from bench.streaming.peers import card_history
from bench.streaming.peers.batch_scorer import features
from bench.streaming.peers.card_history import WINDOWS_MS, CardHistory, History
from bench.streaming.peers.card_state import REMEMBERED_MS, CardState
from swipestream.verify.parity import duckdb_engine
from swipestream.verify.parity.columns import RECOMPUTED
from tests.verify.parity.stream_by_hand import (
    BEGIN_MS,
    DAYS_7,
    DAYS_30,
    HOURS_24,
    MINUTES_5,
    Row,
    open_database,
    store,
    stored_by_a_stream,
)

CARDS, PAYMENTS = 12, 150
# Only the job handles out-of-order payments: the benchmark's files are in order.
FEATURES = tuple(name for name in RECOMPUTED if name not in (*History._fields, "came_behind_ms"))
# Each window's length, and a millisecond less and more.
EDGES = [length + off for length in (MINUTES_5, HOURS_24, DAYS_7, DAYS_30) for off in (-1, 0, 1)]
# Pairs half the earth apart, where the haversine is 1.
PLACES = [(90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0), (-47.4, 127.6), (47.4, -52.4)]


def payments() -> list[Row]:
    """In order of time; some of a card at the same millisecond."""
    draws = random.Random(1)
    sent: list[Row] = []
    for card in range(CARDS):
        moment = BEGIN_MS + draws.randrange(1000)
        for number in range(PAYMENTS):
            # A quarter exactly at the edge of a window that ends at the previous payment.
            steps = [draws.choice(EDGES), draws.randrange(2), draws.randrange(1, MINUTES_5), 600]
            moment += draws.choice([*steps, draws.randrange(1, HOURS_24)])
            online = draws.random() < 0.3
            place = (None, None) if online else draws.choice(PLACES)
            sent.append(
                {
                    "transaction_id": f"p{card}-{number}",
                    "card_id": f"card{card}",
                    "customer_id": f"c{card}",
                    "merchant_id": f"m{draws.randrange(4)}",
                    "amount_cents": draws.choice([0, draws.randrange(20_000)]),
                    "currency": "EUR",
                    "channel": "online" if online else "pos",
                    "latitude": place[0],
                    "longitude": place[1],
                    "device_id": f"d{draws.randrange(2)}" if online else None,
                    "card_last4": "1234",
                    "event_ms": moment,
                    "kafka_partition": card % 2,
                }
            )
    sent.sort(key=lambda row: row["event_ms"])
    for offset, row in enumerate(sent):
        row["kafka_offset"] = offset
        row["event_time"] = row["arrived_at"] = datetime.fromtimestamp(row["event_ms"] / 1000, UTC)
    return sent


def with_lookups(rows: Iterable[Row]) -> Iterator[Row]:
    """Customers in several time zones and merchants with and without known fraud."""
    draws = random.Random(2)
    for row in rows:
        if row["is_customer_known"]:
            row["utc_offset_minutes"] = (-570, 0, 60, 345)[int(row["customer_id"][1:]) % 4]
        if draws.random() < 0.5:
            row["merchant_newest_fraud_ms"] = row["event_ms"] - draws.randrange(10**10)
            row["merchant_oldest_fraud_35d_ms"] = row["event_ms"] - draws.randrange(10**9)
        if draws.random() < 0.1:
            row |= {"merchant_country": None, "is_merchant_known": False}
        yield row


@pytest.fixture(scope="module")
def by_hand() -> list[Row]:
    """Each payment with its history, computed from all of the card's earlier payments."""
    rows = list(with_lookups(stored_by_a_stream(payments())))
    return sorted(rows, key=lambda row: row["kafka_offset"])


@pytest.fixture(scope="module")
def in_sql(by_hand: list[Row], tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The production SQL's features of them in DuckDB, in the same order."""
    connection: duckdb.DuckDBPyConnection = open_database(tmp_path_factory.mktemp("duckdb"))
    with connection:
        store(connection, by_hand)
        duckdb_engine.recompute(connection)
        result = connection.execute("SELECT * FROM recomputed_features")
        names = [column[0] for column in result.description or ()]
        found = {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}
    return [found[row["transaction_id"]] for row in by_hand]


def histories(rows: Iterable[Row], *, is_pickled: bool = False) -> list[Row]:
    """
    What `CardHistory` finds, payment by payment.

    :param is_pickled: put each card away and take it out again between any two of its payments.
    """
    cards: dict[str, Any] = {}
    found = []
    for row in rows:
        card = cards.get(row["card_id"]) or CardHistory()
        found.append(
            card.add(
                *(row["event_ms"], row["amount_cents"], row["merchant_id"]),
                *(row["latitude"], row["longitude"]),
            )._asdict()
        )
        cards[row["card_id"]] = pickle.loads(pickle.dumps(card)) if is_pickled else card
    return found


def only_history(rows: Iterable[Row]) -> list[Row]:
    return [{name: row[name] for name in History._fields} for row in rows]


def test_histories_are_those_found_by_hand(by_hand: list[Row]) -> None:
    assert histories(by_hand) == only_history(by_hand)


def test_histories_are_those_of_the_sql(by_hand: list[Row], in_sql: list[Row]) -> None:
    assert histories(by_hand) == only_history(in_sql)


def test_a_pickled_card_goes_on_as_before(by_hand: list[Row]) -> None:
    assert histories(by_hand, is_pickled=True) == only_history(by_hand)


def test_payments_that_no_window_needs_are_forgotten() -> None:
    card = CardHistory()
    for number in range(1000):
        card.add(BEGIN_MS + number * HOURS_24, 1, "m", None, None)
    assert len(card.payments) <= card_history.FORGOTTEN_AT_ONCE + 31


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("window", WINDOWS_MS)
def test_a_window_that_is_off_by_a_millisecond_is_noticed(
    window: str, off: int, by_hand: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WINDOWS_MS, window, WINDOWS_MS[window] + off)
    names = [name for name in History._fields if name.endswith(f"count_{window}")]
    found = histories(by_hand)
    pairs = list(zip(found, by_hand, strict=True))
    assert any(row[name] != right[name] for row, right in pairs for name in names)


@pytest.mark.parametrize("is_list", [True, False])
def test_features_are_those_of_the_sql(
    is_list: bool, by_hand: list[Row], in_sql: list[Row]
) -> None:
    import pyarrow as pa

    columns = {name: [row[name] for row in by_hand] for name in by_hand[0]}
    found = features(columns if is_list else {k: pa.array(v) for k, v in columns.items()})
    assert sorted(found) == sorted(FEATURES)
    for name in FEATURES:
        wanted = [float("nan") if row[name] is None else row[name] for row in in_sql]
        # Near the antipodes, half a bit of the haversine is a tenth of a meter.
        assert found[name].tolist() == pytest.approx(wanted, rel=1e-7, abs=1e-9, nan_ok=True), name
        assert len(set(wanted)) > 1, name


def test_a_transaction_counts_once_while_it_is_remembered() -> None:
    card = CardState()
    payment = payments()[0]
    assert card.add(payment) is not None
    assert card.add(payment) is None
    card = pickle.loads(pickle.dumps(card))
    edge = payment | {"transaction_id": "other", "event_ms": payment["event_ms"] + REMEMBERED_MS}
    assert card.add(edge) is not None
    assert card.add(payment) is None
    later = edge | {"transaction_id": "third", "event_ms": edge["event_ms"] + 1}
    found = card.add(later)
    assert found is not None and found.card_txn_count_5m == 1
