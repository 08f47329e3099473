"""One retraining: from the stored payments to a challenger, or to nothing at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from swipestream.database.connection import Database, open_database
from swipestream.database.locks import Lock
from swipestream.database.queries import query
from swipestream.drift.events import RETRAINING, Event, note
from swipestream.drift.look import champion, look
from swipestream.errors import SwipestreamError
from swipestream.models.bundles import named
from swipestream.models.recording import Recorded, record
from swipestream.models.training_process import run_training
from swipestream.operate.payment_flow import backlog
from swipestream.retraining.errors import LaterError, RetrainingError
from swipestream.retraining.promotion import still_waits
from swipestream.retraining.reasons import reason
from swipestream.settings import Settings
from udfs.model_bundle import CHALLENGER

# Behind everything else on the machine.
NICENESS = 15
# A schedule of once a day is not always at the same second.
DAY_SECONDS = 23 * 3600.0
CANDIDATE = "candidate"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Conditions:
    """
    When to train.

    :param older_than: seconds since the champion was trained; None: at any age.
    :param or_drifted: if something has drifted.
    :param is_scheduled: not asked for by a person, so at most once a day.
    """

    older_than: float | None = None
    or_drifted: bool = False
    is_scheduled: bool = False

    @property
    def are_none(self) -> bool:
        """Whether somebody simply wants it."""
        return self.older_than is None and not self.or_drifted


def retrain(
    settings: Settings,
    conditions: Conditions,
    actor: str,
    say: Say,
    options: tuple[object, ...] = (),
) -> str | None:
    """
    Train from the stored payments, judge, and make what passes the challenger.

    Killed at any moment, it leaves pointers, policy and audit as they were; its row in
    `retrainings` has no end then.

    :param say: told each step.
    :param options: more of `python -m training`.
    :return: what became of the candidate, in a line; None if there was no reason to train.
    :raises LaterError: payments wait, another one is under way, there was one today, or a
        candidate is still to be promoted.
    :raises RetrainingError: the training failed.
    :raises SwipestreamError: a service does not answer.
    """
    with open_database(settings) as database, alone(database):
        why = _why(settings, database, conditions, actor)
        if not why:
            return None
        if conditions.is_scheduled:
            _check_day(database)
            _check_candidate(settings)
        if waiting := backlog(settings):
            raise LaterError(
                f"no training during a backlog: {waiting}", "try again when it is read"
            )
        say(f"training: {why}")
        number = _begin(database, conditions, actor, why)
        result = run_training(
            settings.models_dir,
            ["--from", "postgres", *options],
            settings.postgres_url,
            niceness=NICENESS,
        )
        if result.version is None:
            _end(database, number, None, f"failed with status {result.status}")
            raise RetrainingError(
                f"training ended with status {result.status}",
                "see what it says above; the champion and the challenger are as before",
            )
        recorded = record_candidate(settings, database, number, result.version, (actor, why))
        _end(database, number, result.version, recorded.fact)
        if named(settings.models_dir, CHALLENGER) == result.version:
            note(database, waits(result.version, why))
        return recorded.fact


def record_candidate(
    settings: Settings, database: Database, number: int, version: str, by: tuple[str, str]
) -> Recorded:
    """
    Judge and record a candidate; should that fail, hours of training are not lost.

    :param number: of the row in `retrainings`, which gets its end in any case.
    :param by: who, and why.
    :raises RetrainingError: it is not recorded; says how to do that later.
    """
    try:
        return record(settings, version, *by)
    except SwipestreamError as error:
        _end(database, number, version, f"trained, not recorded: {error.fact}")
        raise RetrainingError(
            f"{version} is trained and not recorded: {error.fact}",
            "; then ".join(filter(None, (error.hint, f"run `swipestream model record {version}`"))),
        ) from None


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """
    Hold the lock of retrainings until the block, or the connection, ends.

    :raises LaterError: another one has it.
    """
    row = database.execute("SELECT pg_try_advisory_lock(%s)", (Lock.RETRAINING,)).fetchone()
    if row is None or not row[0]:
        raise LaterError("another retraining is under way", "wait until it is done")
    try:
        yield
    finally:
        if not database.closed:
            database.execute("SELECT pg_advisory_unlock(%s)", (Lock.RETRAINING,))


def waits(version: str, why: str) -> Event:
    """The event that a candidate waits for somebody to promote it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return Event(
        event_id=f"{CANDIDATE}/{version}",
        kind=RETRAINING,
        signal=CANDIDATE,
        subject=version,
        model_version=version,
        began_at=now,
        fired_at=now,
        ended_at=None,
        value=None,
        limit_value=None,
        text=(
            f"{version} scores in the champion's shadow ({why}); to promote it: "
            f"swipestream model promote {version} --with-policy"
        ),
    )


def _why(settings: Settings, database: Database, conditions: Conditions, actor: str) -> str:
    if conditions.are_none:
        return f"asked for by {actor}"
    bundle, _ = champion(settings)
    found = look(settings, database)
    now = datetime.now(UTC)
    return reason(bundle, found, conditions.older_than, conditions.or_drifted, now)


def _check_day(database: Database) -> None:
    row = database.execute(query("newest_retraining")).fetchone()
    if row is not None and row[0] < DAY_SECONDS:
        raise LaterError(
            f"the last retraining began {row[0] / 3600:.1f} h ago", "one a day is enough"
        )


def _check_candidate(settings: Settings) -> None:
    """A new candidate each night would take the place of one that is to be promoted."""
    hours = settings.auto_promote_after_hours
    if hours and (fact := still_waits(settings, 3600.0 * hours)):
        raise LaterError(
            f"{fact} of {hours}",
            "its promotion is looked at then; `swipestream model withdraw` gives it up",
        )


def _begin(database: Database, conditions: Conditions, actor: str, why: str) -> int:
    values = {"actor": actor, "is_scheduled": conditions.is_scheduled, "why": why}
    row = database.execute(query("begin_retraining"), values).fetchone()
    assert row is not None
    return int(row[0])


def _end(database: Database, number: int, version: str | None, outcome: str) -> None:
    values = {"run_number": number, "model_version": version, "outcome": outcome}
    try:
        database.execute(query("end_retraining"), values)
    except psycopg.OperationalError as error:
        raise RetrainingError(
            f"the database has gone while the model was trained: {error}",
            f"run `swipestream model record {version}`" if version else "train again",
        ) from None
