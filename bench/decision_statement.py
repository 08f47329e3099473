"""What the database spends on the features of one payment, by how many payments its card has."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from serving.decisions.statement import PARAMETERS, statement
from swipestream.database.throw_away_postgres import throw_away_postgres
from swipestream.settings import Settings

CARDS = (10, 100, 1_000)
OTHER_PAYMENTS = 20_000
WEEK_MS = 604_800_000
# A second or two of each card.
ROUNDS = {10: 1_000, 100: 500, 1_000: 150}
NOW_MS = 1_900_000_000_000
SESSION = "SET plan_cache_mode = force_generic_plan; SET jit = off"
FILL = """
INSERT INTO scored_payments (
    transaction_id, card_id, customer_id, merchant_id, amount_cents, currency, channel, latitude,
    longitude, event_ms, event_time, arrived_at, kafka_partition, kafka_offset, came_behind_ms,
    is_customer_known, is_merchant_known, is_degraded, decision, scored_at
)
SELECT
    'p' || number, card_id, 'k', 'm' || number * 7919 % 997, number, 'EUR', 'pos', 1, 2, event_ms,
    timestamp 'epoch' + event_ms * interval '1 millisecond', NOW(), 0, number, 0,
    FALSE, FALSE, TRUE, 'approve', NOW()
FROM payments
"""


@dataclass(frozen=True)
class Cost:
    """
    Of one request.

    :param payments: of its card in the week before.
    :param cpu_ms: of the database's process.
    :param median_ms: from the question to its answer.
    """

    payments: int
    cpu_ms: float
    median_ms: float


def measure(settings: Settings) -> list[Cost]:
    """Each card in a database that is made for it."""
    with (
        throw_away_postgres(settings) as own,
        psycopg.connect(own.postgres_url, autocommit=True) as connection,
    ):
        connection.execute(SESSION)
        connection.execute(
            "CREATE TEMPORARY TABLE payments (number bigint, card_id text, event_ms bigint)"
        )
        numbers = iter(range(10**9))
        with connection.cursor().copy("COPY payments FROM STDIN") as copy:
            for count in CARDS:
                for number in range(count):
                    at = NOW_MS - WEEK_MS + 1 + number * (WEEK_MS // count)
                    copy.write_row((next(numbers), f"card-{count}", at))
            for number in range(OTHER_PAYMENTS):
                at = NOW_MS - number * (WEEK_MS // OTHER_PAYMENTS)
                copy.write_row((next(numbers), f"other-{number // 10}", at))
        connection.execute(FILL)
        connection.execute("ANALYZE")
        return [_cost(connection, count) for count in CARDS]


def _cost(connection: "psycopg.Connection[tuple[object, ...]]", count: int) -> Cost:
    values = dict.fromkeys(PARAMETERS) | {
        "transaction_id": "new",
        "card_id": f"card-{count}",
        "customer_id": "k",
        "merchant_id": "m5",
        "amount_cents": 500,
        "currency": "EUR",
        "channel": "pos",
        "latitude": 1.0,
        "longitude": 2.0,
        "event_ms": NOW_MS,
        "is_past": False,
    }
    cursor = psycopg.RawCursor(connection)

    def ask() -> float:
        begin = time.perf_counter()
        cursor.execute(statement(), list(values.values()), prepare=True).fetchone()
        return time.perf_counter() - begin

    for _ in range(10):
        ask()
    before = _cpu_seconds(connection.info.backend_pid)
    seconds = sorted(ask() for _ in range(ROUNDS[count]))
    cpu = _cpu_seconds(connection.info.backend_pid) - before
    return Cost(count, 1000 * cpu / len(seconds), 1000 * seconds[len(seconds) // 2])


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
