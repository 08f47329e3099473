"""What goes on beside the answers: news from the database, and what it does not have yet."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

import orjson

from serving.decisions import metrics
from serving.decisions.bounded import within
from serving.decisions.database import AWAY, Database
from serving.decisions.journal import Journal
from serving.decisions.keys import Keys
from serving.decisions.payments import FIELDS
from serving.decisions.rule import DecisionRule
from serving.decisions.topic import Delivered, Topic
from swipestream.database.queries import query

LOG = logging.getLogger(__name__)
ROUND_SECONDS = 1.0
# A round that has not ended by then waits for somebody who is gone.
LONGEST_ROUND_SECONDS = 30.0
# So many journaled answers are forgotten at once, as the round may end before all are stored.
BATCH_ROWS = 100
# What Kafka has not confirmed by then was given up by its sender.
UNSENT_SECONDS = 15
# A place that no decision waits for: it was answered by another process, or is not kept yet.
REMEMBERED_SECONDS = 60.0


class Keeping:
    """A round a second."""

    def __init__(
        self, database: Database, topic: Topic, rule: DecisionRule, keys: Keys, journal: Journal
    ) -> None:
        self._database = database
        self._topic = topic
        self._rule = rule
        self._keys = keys
        self._journal = journal

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            begin = time.monotonic()
            try:
                await self.bounded_round()
            except AWAY as error:
                LOG.warning("round not finished reason=%s", str(error).splitlines()[:1])
            except Exception as error:
                # Its text may hold what was sent.
                LOG.error("round failed reason=%s", type(error).__name__)
            await asyncio.sleep(max(0.0, begin + ROUND_SECONDS - time.monotonic()))

    async def bounded_round(self) -> None:
        """
        Once, no longer than `LONGEST_ROUND_SECONDS`.

        :raises TimeoutError: it was given up; what it had to do is left for the next one.
        """
        await within(LONGEST_ROUND_SECONDS, self.round())

    async def round(self) -> None:
        """Once, as far as the services are there."""
        is_there = await self._database.look()
        metrics.IS_AWAY.labels("database").set(not is_there)
        metrics.IS_AWAY.labels("kafka").set(self._topic.is_away)
        metrics.WAITING.set(self._topic.waiting)
        metrics.JOURNALED.set(len(self._journal))
        if not is_there:
            return
        self._rule.take(await self._database.policies())
        self._keys.take(await self._database.rows(query("api_keys")))
        await self._store_journaled()
        await self._note_places()
        await self._database.rows(query("settle_decisions"), {"topic": self._topic.name})
        await self._send_unsent()

    async def _store_journaled(self) -> None:
        rows = self._journal.rows()
        for first in range(0, len(rows), BATCH_ROWS):
            batch = rows[first : first + BATCH_ROWS]
            for row in batch:
                async with self._database.connection() as connection:
                    await self._database.store(connection, row, again=True)
            # Not here, where it would wait for an answer that is being written.
            await asyncio.get_running_loop().run_in_executor(
                self._journal.thread, self._journal.forget, batch
            )
        if rows:
            LOG.info("answers kept rows=%d", len(rows))

    async def _note_places(self) -> None:
        # They stay where they are until they are noted, however this ends.
        delivered: list[Delivered] = list(self._topic.delivered)
        if not delivered:
            return
        noted = await self._database.note_places(delivered)
        for _ in delivered:
            self._topic.delivered.popleft()
        since = time.monotonic() - REMEMBERED_SECONDS
        missing = [item for item in delivered if item.key not in noted and item.at > since]
        self._topic.delivered.extend(missing)

    async def _send_unsent(self) -> None:
        rows = await self._database.rows(
            query("take_unsent_decisions"), {"seconds": UNSENT_SECONDS}
        )
        # In the order of their answers; what is still queued here was not given up yet.
        rows.sort(key=lambda row: int(row["decision_number"]))
        sent = [row for row in rows if not self._topic.waits_for(key_of(row)) and self._send(row)]
        if sent:
            metrics.SENT_LATER.inc(len(sent))
            LOG.info("payments sent later count=%d", len(sent))

    def _send(self, row: Mapping[str, Any]) -> bool:
        message = orjson.dumps({name: row[name] for name in FIELDS})
        return self._topic.send(key_of(row), message)


def key_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """What a payment is known by."""
    return row["transaction_id"], row["card_id"]
