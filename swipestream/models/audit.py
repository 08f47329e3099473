"""The table `model_changes`: what was changed, by whom, when and why; it is only added to."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from swipestream.database.connection import open_database
from swipestream.database.locks import Lock
from swipestream.database.queries import query
from swipestream.models import decision_policy
from swipestream.models.errors import ChangeError
from swipestream.models.feature_bins import bin_rows
from swipestream.settings import DatabaseSettings

PROMOTE, ROLLBACK = "promote", "rollback"
CHALLENGE, WITHDRAW = "challenge", "withdraw"
REFUSE = "refuse"
OF_CHAMPIONS = (PROMOTE, ROLLBACK)
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Change:
    """
    One row.

    :param action: `PROMOTE`, `ROLLBACK`, `CHALLENGE`, `WITHDRAW` or `REFUSE`.
    :param from_version: what the pointer named before; None if nothing.
    :param to_version: what it was to name; None if nothing.
    :param gate: what gate.json held about `to_version`.
    """

    change_number: int
    changed_at: datetime
    actor: str
    action: str
    from_version: str | None
    to_version: str | None
    why: str
    is_forced: bool
    gate: dict[str, Any] | None


class Audit:
    """Reads changes and adds to them."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        """:param database: in autocommit mode, so that a row is there before what it describes."""
        self._database = database

    def changes(self) -> list[Change]:
        """All, the oldest first."""
        with self._database.cursor(row_factory=class_row(Change)) as cursor:
            return cursor.execute(query("model_changes")).fetchall()

    def add(
        self,
        action: str,
        from_version: str | None,
        to_version: str | None,
        actor: str,
        why: str,
        gate: dict[str, Any] | None = None,
        is_forced: bool = False,
    ) -> None:
        """Note a change; when this returns the row is on disk."""
        self._database.execute(
            query("add_model_change"),
            {
                "actor": actor,
                "action": action,
                "from_version": from_version,
                "to_version": to_version,
                "why": why,
                "is_forced": is_forced,
                "gate": None if gate is None else Jsonb(gate),
            },
        )

    def note_facts(self, version: str, manifest: Mapping[str, Any]) -> None:
        """
        Note what training found out about a model, for dashboards; twice is the same as once.

        :param manifest: bundle.json; what it does not say stays unknown.
        """
        metrics, costs = manifest.get("metrics") or {}, manifest.get("costs") or {}
        review = metrics.get("review") or {}
        self._database.execute(
            query("note_model_facts"),
            {
                "model_version": version,
                "average_precision": metrics.get("average_precision"),
                "reviews_per_day": costs.get("reviews_per_day"),
                "review_share": costs.get("review_share"),
                "test_score_bands": metrics.get("score_bands"),
                "tested_precision": review.get("precision"),
                "tested_recall": review.get("recall"),
            },
        )
        with self._database.cursor() as cursor:
            rows = [{"model_version": version, **row} for row in bin_rows(manifest)]
            cursor.executemany(query("note_feature_bins"), rows)

    def change_policy(
        self, thresholds: dict[str, float | int], reason: decision_policy.Reason
    ) -> int:
        """
        Decide by other thresholds, on all channels.

        :return: channels that changed.
        """
        return decision_policy.change(self._database, decision_policy.CHANNELS, thresholds, reason)


@contextlib.contextmanager
def open_audit(settings: DatabaseSettings) -> Iterator[Audit]:
    """
    Read the table.

    :raises ServiceError: the database does not answer.
    :raises ChangeError: it has no such table yet.
    """
    with open_database(settings) as database, _explained():
        yield Audit(database)


@contextlib.contextmanager
def changing(
    settings: DatabaseSettings, patience_seconds: int = PATIENCE_SECONDS
) -> Iterator[Audit]:
    """
    Make changes, one at a time: a second process waits.

    :raises ServiceError: the database does not answer.
    :raises ChangeError: somebody else's change takes too long.
    """
    with open_database(settings) as database, _explained():
        database.execute(f"SET lock_timeout = '{patience_seconds}s'")
        try:
            database.execute("SELECT pg_advisory_lock(%s)", (Lock.MODELS,))
        except psycopg.errors.LockNotAvailable:
            raise ChangeError(
                f"another change of models has been under way for {patience_seconds} s",
                "see `swipestream model audit`, then try again",
            ) from None
        # The lock ends with the connection.
        yield Audit(database)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable:
        raise ChangeError(
            "the database has no table model_changes or model_facts",
            "run `swipestream up`, which migrates it",
        ) from None
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ChangeError(
            f"the database refused: {lines[0]}", "see `swipestream doctor`, then try again"
        ) from None


def newest_of(changes: Sequence[Change], actions: Sequence[str]) -> Change | None:
    """The last change of one of these kinds."""
    return next((change for change in reversed(changes) if change.action in actions), None)


def champions(changes: Sequence[Change], champion: str | None) -> list[str]:
    """
    The champions whose place the present one took, the first one first, the present one last.

    A rollback takes back what was promoted since, so the one after it goes further back.

    :param champion: the present one, which somebody may have named by hand.
    """
    made = [change for change in changes if change.action in OF_CHAMPIONS]
    found = [*(change.from_version for change in made), champion][1:]
    line: list[str] = []
    for change, next_version in zip(made, found, strict=True):
        if change.to_version is None or is_without_effect(change, next_version):
            continue
        if change.action == ROLLBACK and change.to_version in line:
            while line[-1] != change.to_version:
                line.pop()
            continue
        for version in (change.from_version, change.to_version):
            if version is not None and line[-1:] != [version]:
                line.append(version)
    if champion is not None and line[-1:] != [champion]:
        line.append(champion)
    return line


def is_without_effect(change: Change, found: str | None) -> bool:
    """
    Whether a noted change was not completed.

    :param found: what the pointer named afterwards.
    """
    return found == change.from_version != change.to_version
