"""From a payment to its answer, whatever is away."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from serving.decisions import answers
from serving.decisions.bounded import within
from serving.decisions.champion import Champion
from serving.decisions.database import AWAY, Connection, Database
from serving.decisions.given import GivenAnswers
from serving.decisions.journal import Journal
from serving.decisions.payments import Payment, now_ms, too_old
from serving.decisions.refusal import RefusalError
from serving.decisions.rule import DecisionRule
from serving.decisions.rules import TeamRules
from serving.decisions.topic import Topic
from swipestream.database.queries import query
from swipestream.decisions.agreement import FEATURES

LOG = logging.getLogger(__name__)
# The database is there, and has waited longer than it may, or for somebody who waits for it.
TOO_LATE = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
SLOW_SECONDS = 1.0
_OTHER_PAYMENT = "this card has used the transaction_id for another payment"
_ANOTHER_ID = "give each payment a transaction_id of its own"


@dataclass(frozen=True)
class Answered:
    """
    An answer.

    :param is_replay: it was given before, to the same request.
    """

    answer: dict[str, Any]
    is_replay: bool = False


@dataclass
class Attempt:
    """
    Asking the database in time.

    :param decided_ms: of its answer, which may be stored although it came too late to be given;
        None if there was none.
    """

    decided_ms: int | None = None


class Cards:
    """One payment of a card at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def alone(self, card_id: str) -> AsyncIterator[None]:
        """Wait for the card's earlier payments."""
        lock, waiting = self._locks.get(card_id, (asyncio.Lock(), 0))
        self._locks[card_id] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[card_id]
            if waiting == 1:
                del self._locks[card_id]
            else:
                self._locks[card_id] = lock, waiting - 1


class Decider:
    """Answers payments and hands them to the stream."""

    def __init__(
        self,
        database: Database,
        topic: Topic,
        champion: Champion,
        rule: DecisionRule,
        team: TeamRules,
        journal: Journal,
        *,
        budget_seconds: float,
        is_database_needed: bool,
    ) -> None:
        """
        :param budget_seconds: from the request to its answer; after that, rules answer.
        :param is_database_needed: refuse payments while the database is away.
        """
        self._database = database
        self._topic = topic
        self._champion = champion
        self._rule = rule
        self._team = team
        self._journal = journal
        self._budget_seconds = budget_seconds
        self._is_database_needed = is_database_needed
        self._cards = Cards()
        self._given = GivenAnswers()

    async def decide(self, payment: Payment, begin: float, *, is_dry_run: bool = False) -> Answered:
        """
        Decide a payment, keep the answer and send the payment to the topic.

        :param begin: when the request came, by `time.monotonic`.
        :param is_dry_run: only answer.
        :raises RefusalError: the stream would reject it, its number was used for another payment,
            or the database is needed and away.
        """
        if payment.is_sandbox:
            if payment.card_id.startswith("test-slow"):
                await asyncio.sleep(SLOW_SECONDS)
            return Answered(answers.sandbox(payment, now_ms()))
        async with self._cards.alone(payment.card_id):
            given = self._given.known(payment.key)
            if given:
                return replay(payment, given.request_hash, given.answer)
            kept = self._journal.known(payment.key)
            if kept:
                return replay(payment, kept["request_hash"], kept["answer"])
            attempt = Attempt()
            left = begin + self._budget_seconds - time.monotonic()
            degraded_by = answers.DATABASE
            if not self._database.is_away:
                try:
                    answered = await within(left, self._with_database(payment, attempt, is_dry_run))
                    if not (is_dry_run or answered.is_replay):
                        self._given.note(payment.key, payment.request_hash, answered.answer)
                        self._topic.send(payment.key, payment.message())
                    return answered
                except (TimeoutError, *TOO_LATE):
                    degraded_by = answers.TIME
                except AWAY:
                    self._database.is_away = True
                except psycopg.DataError as error:
                    LOG.error("features not computed reason=%s", type(error).__name__)
                    degraded_by = answers.UNCOMPUTED
            given = self._given.known(payment.key)
            if given:
                # Found, before the time was over.
                return replay(payment, given.request_hash, given.answer)
            if self._is_database_needed and degraded_by != answers.UNCOMPUTED:
                raise RefusalError(
                    "the database does not answer in time",
                    "ask again; API_WITHOUT_DATABASE=answer decides by rules instead",
                    status=503,
                )
            return await self._without_history(payment, degraded_by, attempt, is_dry_run)

    async def _with_database(
        self, payment: Payment, attempt: Attempt, is_dry_run: bool
    ) -> Answered:
        async with self._database.connection() as connection:
            return await self._with_history(connection, payment, attempt, is_dry_run)

    async def _with_history(
        self, connection: Connection, payment: Payment, attempt: Attempt, is_dry_run: bool
    ) -> Answered:
        await self._database.lock_card(connection, payment.card_id)
        # Answers that the database does not have yet are history all the same.
        for row in self._journal.of_card(payment.card_id):
            await self._database.store(connection, row, again=True)
        found = await self._database.asked_payment(connection, payment)
        if found["known_request_hash"] is not None:
            answered = replay(payment, found["known_request_hash"], found["known_answer"])
            self._given.note(payment.key, payment.request_hash, answered.answer)
            return answered
        if found["stored_event_ms"] is not None:
            return await self._stored_already(connection, payment, found)
        refusal = too_old(found["came_behind_ms"])
        if refusal:
            raise refusal
        score, version = self._champion.score(found)
        ruled = self._team.check(found, has_history=True)
        verdict = self._rule.verdict(found | {"rule_action": ruled.action}, score)
        reasons: list[str] = []
        if verdict.decision != "approve":
            reasons = await self._database.reasons(
                connection, {name: found[name] for name in FEATURES}
            )
        at_ms = now_ms()
        given = answers.answer(payment, found, score, version, ruled, verdict, None, reasons, at_ms)
        if not is_dry_run:
            attempt.decided_ms = at_ms
            row = answers.row(payment, given, at_ms, found["looked_at"])
            await self._database.store(connection, row)
        return Answered(given)

    async def _stored_already(
        self, connection: Connection, payment: Payment, found: dict[str, Any]
    ) -> Answered:
        """Somebody has sent it to the topic, and the stream was quicker."""
        for name in ("amount_cents", "merchant_id", "event_ms"):
            if found[f"stored_{name}"] != payment.values[name]:
                raise RefusalError(_OTHER_PAYMENT, _ANOTHER_ID, name, status=409)
        values = {"transaction_id": payment.transaction_id, "card_id": payment.card_id}
        cursor = await connection.execute(query("decisions_of"), values)
        row = await cursor.fetchone()
        assert row is not None
        return Answered(answers.of_the_stream(row["stored"]), is_replay=True)

    async def _without_history(
        self, payment: Payment, degraded_by: str, attempt: Attempt, is_dry_run: bool
    ) -> Answered:
        at_ms = now_ms()
        ruled = self._team.check(payment.values, has_history=False)
        verdict = self._rule.verdict(dict(payment.values) | {"rule_action": ruled.action}, None)
        given = answers.answer(payment, None, None, None, ruled, verdict, degraded_by, [], at_ms)
        if not is_dry_run:
            # On the disk before it is given, as the database may not come back before a crash.
            row = answers.row(payment, given, at_ms) | {"late_ms": attempt.decided_ms}
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._journal.thread, self._journal.add, row
                )
            except OSError as error:
                LOG.error("answer not kept reason=%s", error.strerror)
                raise RefusalError(
                    "the answer cannot be kept",
                    "ask again; see the log of the API for what its disk lacks",
                    status=503,
                ) from None
            self._given.note(payment.key, payment.request_hash, given)
            self._topic.send(payment.key, payment.message())
        return Answered(given)


def replay(payment: Payment, request_hash: str, given: dict[str, Any]) -> Answered:
    """
    The answer to a number that was answered before.

    :param request_hash: of the request that got it.
    :raises RefusalError: it was another request.
    """
    if request_hash != payment.request_hash:
        raise RefusalError(
            f"{_OTHER_PAYMENT}: its request was {request_hash[:8]}, "
            f"this one is {payment.request_hash[:8]}",
            _ANOTHER_ID,
            "transaction_id",
            status=409,
        )
    return Answered(given, is_replay=True)
