"""How soon the decision API answers under a steady load, measured from when a request was due."""

import asyncio
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg

from swipestream.decisions import api_keys
from swipestream.decisions.errors import ApiError
from swipestream.operate import control
from swipestream.settings import Settings

# More than a gateway would hold open; one that is busy lets the next request wait.
CONNECTIONS = 64
WARM_UP_SECONDS = 5.0
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename = 'swipestream_decisions'"
PERCENTILES = (50, 95, 99, 99.9)


@dataclass(frozen=True)
class Load:
    """
    What is asked.

    :param rate: requests a second, at even distances.
    :param seconds: how long, after the warm-up.
    :param cards: that the payments are of, in turn.
    """

    rate: float
    seconds: float
    cards: int


@dataclass
class Result:
    """
    What was answered.

    :param milliseconds: of each answer, from when its request was due.
    :param degraded: answers by what was away.
    :param refused: other replies, by status.
    :param api_cpu_ms: of the API's process for each request.
    :param database_cpu_ms: of the database's processes that serve the API.
    """

    milliseconds: list[float] = field(default_factory=list)
    degraded: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    api_cpu_ms: float = 0.0
    database_cpu_ms: float = 0.0

    def percentiles(self) -> list[float]:
        """Milliseconds at `PERCENTILES`, and the longest."""
        return [*np.percentile(self.milliseconds, PERCENTILES), max(self.milliseconds)]


class Connection:
    """One connection that is kept open; HTTP as far as this API speaks it."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._address = host, port
        self._head = (
            f"POST /v1/decisions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(*self._address)

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        """:return: the status and the body."""
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return int(head.split(b" ", 2)[1]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def measure(settings: Settings, load: Load, on_second: Callable[[float], None]) -> Result:
    """
    Ask the running API.

    :param settings: of a running stack with its API.
    :param on_second: told how many seconds have passed.
    :raises ApiError: the API does not run.
    """
    name = f"bench-{uuid.uuid4().hex[:8]}"
    with psycopg.connect(settings.postgres_url, autocommit=True) as database:
        secret = api_keys.create(database, name, ("decide",), 100_000)
        try:
            return asyncio.run(_measured(settings, load, secret, database, on_second))
        finally:
            api_keys.revoke(database, name)


async def _measured(
    settings: Settings,
    load: Load,
    secret: str,
    database: "psycopg.Connection[tuple[object, ...]]",
    on_second: Callable[[float], None],
) -> Result:
    connections = [
        Connection(settings.api_host, settings.api_port, secret) for _ in range(CONNECTIONS)
    ]
    # The API takes a new key within seconds.
    await asyncio.sleep(2.5)
    await asyncio.gather(*(connection.open() for connection in connections))
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    run = uuid.uuid4().hex[:8]
    result = Result()

    async def one(number: int, due: float, is_counted: bool) -> None:
        body = json.dumps(_payment(run, number, number % load.cards)).encode()
        connection = await free.get()
        status, answer = await connection.ask(body)
        took = time.perf_counter() - due
        free.put_nowait(connection)
        if not is_counted:
            return
        if status != 200:
            result.refused[status] += 1
            return
        result.milliseconds.append(took * 1000)
        degraded_by = json.loads(answer)["degraded_by"]
        if degraded_by:
            result.degraded[degraded_by] += 1

    warm_up = round(load.rate * WARM_UP_SECONDS)
    count = warm_up + round(load.rate * load.seconds)
    begin = time.perf_counter() + 0.1
    tasks = []
    before = (0.0, 0.0)
    for number in range(count):
        due = begin + number / load.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if number == warm_up:
            before = _cpu_seconds(settings, database)
        if number % max(1, round(load.rate)) == 0:
            on_second(number / load.rate)
        tasks.append(asyncio.create_task(one(number, due, number >= warm_up)))
    await asyncio.gather(*tasks)
    after = _cpu_seconds(settings, database)
    for connection in connections:
        connection.close()
    asked = count - warm_up
    result.api_cpu_ms = 1000 * (after[0] - before[0]) / asked
    result.database_cpu_ms = 1000 * (after[1] - before[1]) / asked
    return result


def _payment(run: str, number: int, card: int) -> dict[str, object]:
    return {
        "transaction_id": f"b-{run}-{number}",
        "card_id": f"bench-{run}-{card}",
        "customer_id": f"k-{card}",
        "merchant_id": f"m-{number * 7919 % 997}",
        "amount_cents": 100 + number % 5000,
        "currency": "EUR",
        "channel": "pos",
        "latitude": 48.1,
        "longitude": 11.6,
    }


def _cpu_seconds(
    settings: Settings, database: "psycopg.Connection[tuple[object, ...]]"
) -> tuple[float, float]:
    """What the API's process has used, and the database's processes that serve it."""
    pids = [line.pid for line in control.status(settings) if line.name == "decision-api"]
    if not pids or not pids[0]:
        raise ApiError("the decision API does not run", "run `swipestream up --api`")
    backends = [int(str(row[0])) for row in database.execute(BACKENDS).fetchall()]
    return _used(pids), _used(backends)


def _used(pids: list[int]) -> float:
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += (int(fields[11]) + int(fields[12])) * TICK_SECONDS
    return total
