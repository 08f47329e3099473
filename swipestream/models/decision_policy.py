"""The decision policy: from which score on a payment is reviewed or blocked, per channel."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from swipestream.errors import SwipestreamError
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, ModelBundle, read_bundle, read_pointer

CHANNELS = ("pos", "online", "atm")


class PolicyError(SwipestreamError):
    """The policy's values contradict each other, or there are none to take."""


@dataclass(frozen=True)
class DecisionPolicy:
    """One channel's row of `decision_policies`; scores in [0, 1], the rules decide without one."""

    channel: str
    version: int
    review_score: float
    block_score: float
    rule_block_kmh: float
    rule_block_km: float
    rule_review_txn_count_5m: int
    rule_review_amount_cents: int


COLUMNS = tuple(DecisionPolicy.__dataclass_fields__)


def policies(connection: psycopg.Connection) -> list[DecisionPolicy]:
    """The policy in force, a row per channel."""
    statement = sql.SQL("SELECT {} FROM decision_policies ORDER BY channel").format(
        sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    )
    with connection.cursor(row_factory=class_row(DecisionPolicy)) as cursor:
        return cursor.execute(statement).fetchall()


@dataclass(frozen=True)
class Reason:
    """
    Why the policy changes; a row of `policy_changes` keeps it.

    :param actor: who decided; empty: the database's user.
    :param why: in words; empty: no reason given.
    :param chosen_by: what the values were chosen by; empty: somebody gave them.
    """

    actor: str = ""
    why: str = ""
    chosen_by: str = ""


NO_REASON = Reason()


def change(
    connection: psycopg.Connection,
    channels: tuple[str, ...],
    values: dict[str, float | int],
    reason: Reason = NO_REASON,
) -> int:
    """
    Change the policy; running jobs follow within seconds.

    :param channels: of `CHANNELS`.
    :param values: new values by column; a row that has them already keeps its version.
    :param reason: for `policy_changes`, where the database itself notes each changed row.
    :return: rows changed.
    :raises PolicyError: a score outside [0, 1], or a review score above the block score.
    """
    columns = [sql.Identifier(name) for name in values]
    marks = [sql.Placeholder()] * len(values)
    statement = sql.SQL(
        "UPDATE decision_policies SET ({columns}) = ROW ({marks}), version = version + 1, "
        "updated_at = now() WHERE channel = ANY(%s) "
        "AND ROW ({columns}) IS DISTINCT FROM ROW ({marks})"
    ).format(columns=sql.SQL(", ").join(columns), marks=sql.SQL(", ").join(marks))
    new = list(values.values())
    try:
        with connection.transaction():
            for name, text in vars(reason).items():
                # For this transaction only; the database's trigger reads it.
                connection.execute("SELECT set_config(%s, %s, TRUE)", (f"swipestream.{name}", text))
            return connection.execute(statement, [*new, list(channels), *new]).rowcount
    except psycopg.errors.CheckViolation:
        raise PolicyError(
            "the review score must not be above the block score, both within 0 and 1",
            "see `swipestream policy show`",
        ) from None


def champion_bundle(models_dir: Path) -> ModelBundle:
    """:raises PolicyError: there is no champion, or its bundle is broken."""
    try:
        version = read_pointer(models_dir, CHAMPION)
        if version is None:
            raise PolicyError(f"there is no champion in {models_dir}", "run `swipestream train`")
        return read_bundle(models_dir / version)
    except BundleError as error:
        raise PolicyError(error.fact, error.hint) from None


def champion_thresholds(models_dir: Path) -> dict[str, float | int]:
    """
    The review and block scores that were chosen when the champion was trained.

    :return: new values by column, for `change`.
    :raises PolicyError: there is no champion, or its bundle is broken.
    """
    thresholds = champion_bundle(models_dir).thresholds
    return {"review_score": thresholds["review"], "block_score": thresholds["block"]}
