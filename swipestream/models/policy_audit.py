"""The table `policy_changes`: who changed the decision policy, when, why, and from what to what.

The database writes it whenever a row of `decision_policies` changes, and only adds to it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from swipestream.database.queries import query
from swipestream.models.decision_policy import COLUMNS

# They change with every change.
BOOKKEEPING = ("version", "updated_at", "channel")


@dataclass(frozen=True)
class PolicyChange:
    """
    One changed channel.

    :param chosen_by: what the values were chosen by; None if somebody gave them.
    :param before: the channel's row of `decision_policies`; None if there was none.
    :param after: the same row afterwards; None if it was removed.
    """

    change_number: int
    changed_at: datetime
    actor: str
    why: str
    chosen_by: str | None
    channel: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def what(self) -> str:
        """What is different, such as "review_score 0.5 to 0.31"."""
        return differences(self.before or {}, self.after or {})


def policy_changes(connection: psycopg.Connection[Any]) -> list[PolicyChange]:
    """All of them, the oldest first."""
    with connection.cursor(row_factory=class_row(PolicyChange)) as cursor:
        return cursor.execute(query("policy_changes")).fetchall()


def differences(before: dict[str, Any], after: dict[str, Any]) -> str:
    """
    What one row of the policy has and another has not.

    :param before: values by column; none if there was no row.
    """
    # JSON in the database has another order.
    names = sorted(
        (name for name in after or before if name not in BOOKKEEPING),
        key=lambda name: COLUMNS.index(name) if name in COLUMNS else len(COLUMNS),
    )
    if not after:
        return "removed"
    if not before:
        return ", ".join(f"{name} {number(after[name])}" for name in names)
    return ", ".join(
        f"{name} {number(before.get(name))} to {number(after[name])}"
        for name in names
        if before.get(name) != after[name]
    )


def number(value: Any) -> str:
    """Six digits of a score, all of a count."""
    if value is None:
        return "nothing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
