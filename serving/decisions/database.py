"""What the API asks of PostgreSQL and keeps there."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from serving.decisions.bounded import within
from serving.decisions.payments import FIELDS, Payment
from serving.decisions.statement import statement
from serving.decisions.topic import Delivered, Key
from swipestream.database.queries import query

LOG = logging.getLogger(__name__)
CONNECTIONS = 8
CONNECT_SECONDS = 3
# What was sent and not confirmed by then is lost with its connection.
VANISHED_SECONDS = 10
# Of one card, one payment at a time, in every process: the next one sees the answer before it.
LOCK_CARD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 20261201))"
REASONS = "SELECT dashboards.alert_signs(jsonb_populate_record(NULL::alerts, %s), NULL) AS reasons"
POLICIES = "SELECT * FROM decision_policies"
# Also those of a database that is not ours, where nobody has set them for the user.
OPTIONS = (
    "-c plan_cache_mode=force_generic_plan -c jit=off -c synchronous_commit=off "
    "-c statement_timeout=5s -c lock_timeout=2s -c TimeZone=UTC"
)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)
FOUND = (
    *("transaction_id", "card_id", "merchant_id", "amount_cents", "currency", "channel"),
    *("device_id", "event_ms", "score", "decision", "is_degraded", "model_version"),
)

Connection = psycopg.AsyncConnection[DictRow]

set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)


async def prepared(connection: Connection) -> None:
    """Make the plan of the statement, so that no payment waits for it."""
    nobody = Payment(dict.fromkeys(FIELDS) | {"event_ms": 0}, "")
    await Database.asked_payment(connection, nobody)
    await connection.commit()


class Database:
    """Connections to PostgreSQL, and whether it is there."""

    def __init__(self, url: str) -> None:
        """:param url: of the user of sql/postgres/grants/swipestream_decisions.sql."""
        self.is_away = True
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=2,
            max_size=CONNECTIONS,
            open=False,
            timeout=CONNECT_SECONDS,
            configure=prepared,
            kwargs={
                "row_factory": dict_row,
                "options": OPTIONS,
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "swipestream decisions",
                # A host that vanishes says nothing; TCP alone would wait for a quarter of an hour.
                "keepalives": 1,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": VANISHED_SECONDS * 1000,
            },
        )

    async def open(self) -> None:
        """Connect in the background."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """
        A connection in a transaction that ends with the block.

        :raises psycopg.Error: one of `AWAY` if the database is not there.
        """
        async with self._pool.connection() as connection:
            yield connection

    async def look(self) -> bool:
        """See whether the database is there, and drop the connections that are dead."""
        try:
            await within(CONNECT_SECONDS, self.rows("SELECT 1"))
        except (*AWAY, TimeoutError) as error:
            if not self.is_away:
                LOG.error("database away reason=%s", str(error).splitlines()[:1])
            self.is_away = True
        else:
            if self.is_away:
                # Those that died are replaced, before a payment gets one.
                await within(CONNECT_SECONDS, self._pool.check())
                LOG.info("database is there")
            self.is_away = False
        return not self.is_away

    @staticmethod
    async def asked_payment(
        connection: Connection, payment: Payment, *, is_past: bool = False
    ) -> dict[str, Any]:
        """
        A payment's features and what is known under its number.

        :param is_past: leave out what is later than the payment.
        :return: the row of sql/online/asked_payment.sql.
        """
        cursor = psycopg.AsyncRawCursor(connection, row_factory=dict_row)
        values = [payment.values[name] for name in FIELDS]
        await cursor.execute(statement(), [*values, is_past], prepare=True)
        row = await cursor.fetchone()
        assert row is not None
        return row

    @staticmethod
    async def lock_card(connection: Connection, card_id: str) -> None:
        """Keep the card until the transaction ends."""
        await connection.execute(LOCK_CARD, [card_id], prepare=True)

    @staticmethod
    async def store(connection: Connection, row: Mapping[str, Any], *, again: bool = False) -> bool:
        """
        Keep an answer.

        :param row: of the table decisions, the answer as an object.
        :param again: it was given while the database was away, and counts unless an earlier one
            is stored.
        :return: False if the payment has one that counts.
        """
        # A journal of an earlier version does not say what came too late.
        values = {"late_ms": None} | dict(row) | {"answer": Jsonb(row["answer"])}
        values["is_journaled"] = again
        cursor = await connection.execute(query("store_decision"), values, prepare=True)
        return await cursor.fetchone() is not None

    @staticmethod
    async def reasons(connection: Connection, payment: Mapping[str, Any]) -> list[str]:
        """What speaks for fraud, in the words of the dashboards; none if they are not there."""
        try:
            async with connection.transaction():
                cursor = await connection.execute(REASONS, [Jsonb(dict(payment))], prepare=True)
                row = await cursor.fetchone()
        except psycopg.ProgrammingError as error:
            LOG.warning("no reasons reason=%s", str(error).splitlines()[0])
            return []
        return str(row["reasons"]).split("; ") if row and row["reasons"] else []

    async def policies(self) -> list[dict[str, Any]]:
        """The rows of decision_policies."""
        return await self.rows(POLICIES)

    async def rows(
        self, statement_: str | bytes | sql.Composable, values: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """What a query returns."""
        async with self.connection() as connection:
            cursor = await connection.execute(statement_, values)  # type: ignore[arg-type]
            return await cursor.fetchall() if cursor.description else []

    async def note_places(self, delivered: Sequence[Delivered]) -> set[Key]:
        """:return: the decisions that are there."""
        rows = await self.rows(
            query("note_decision_places"),
            {
                "transaction_ids": [item.key[0] for item in delivered],
                "card_ids": [item.key[1] for item in delivered],
                "partitions": [item.partition for item in delivered],
                "offsets": [item.offset for item in delivered],
            },
        )
        return {(row["transaction_id"], row["card_id"]) for row in rows}

    async def find_payments(self, wanted: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """
        Stored payments, the newest first.

        :param wanted: values by column; `from_ms` and `to_ms` bound the time.
        """
        conditions: list[sql.Composable] = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in wanted
            if name not in ("from_ms", "to_ms")
        ]
        epoch = "TIMESTAMP 'epoch' + {} * INTERVAL '1 millisecond'"
        for name, comparison in (("from_ms", ">="), ("to_ms", "<")):
            if name in wanted:
                conditions.append(
                    sql.SQL(f"event_time {comparison} {epoch}").format(sql.Placeholder(name))
                )
        found = sql.SQL(
            "SELECT {columns} FROM scored_payments WHERE {conditions} "
            "ORDER BY event_time DESC LIMIT {limit}"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, FOUND)),
            conditions=sql.SQL(" AND ").join(conditions),
            limit=limit,
        )
        return await self.rows(found, wanted)
