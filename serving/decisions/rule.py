"""From a score to a decision: the rule of payments_decided.sql, run by SQLite in this process.

The rule has to be there when the database is not, and must not be written down twice.
"""

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flink_jobs.decision_rule import POLICY_COLUMNS, columns_looked_at, expressions

_TABLE_COLUMNS = ("channel", *POLICY_COLUMNS)


@dataclass(frozen=True)
class Verdict:
    """
    What to do about a payment.

    :param policy_version: None without a policy for its channel.
    """

    decision: str
    is_degraded: bool
    policy_version: int | None


def rule_text() -> tuple[str, tuple[str, ...]]:
    """
    The rule as a query of SQLite, and the columns of the payment that it looks at.

    The expressions are those of the file, unchanged.
    """
    found = expressions()
    asked = (*columns_looked_at(), "channel")
    selected = ", ".join(f":{name} AS {name}" for name in asked)
    policy = ", ".join(
        f"policies.{name} AS {known_as}" for name, known_as in POLICY_COLUMNS.items()
    )
    query = (
        f"WITH asked AS (SELECT {selected}),\n"
        f"payments AS (SELECT asked.*, {policy}\n"
        "FROM asked LEFT JOIN policies ON asked.channel = policies.channel)\n"
        f"SELECT {found['decision']}, {found['is_degraded']}, policy_version FROM payments"
    )
    return query, asked


class DecisionRule:
    """Decides payments by the policies it was given last; without any, everything is reviewed."""

    def __init__(self) -> None:
        self._query, self._asked = rule_text()
        self._lock = threading.Lock()
        self._sqlite = sqlite3.connect(":memory:", check_same_thread=False)
        names = ", ".join(_TABLE_COLUMNS)
        self._sqlite.execute(f"CREATE TABLE policies ({names})")

    def take(self, policies: Iterable[Mapping[str, Any]]) -> None:
        """
        Decide by these from now on.

        :param policies: rows of the table decision_policies.
        """
        rows = [tuple(row[name] for name in _TABLE_COLUMNS) for row in policies]
        marks = ", ".join("?" * len(_TABLE_COLUMNS))
        with self._lock, self._sqlite:
            self._sqlite.execute("DELETE FROM policies")
            self._sqlite.executemany(f"INSERT INTO policies VALUES ({marks})", rows)

    def verdict(self, payment: Mapping[str, Any], score: float | None) -> Verdict:
        """
        :param payment: its fields and features; one that is not there is unknown.
        :param score: in [0, 1]; None if there is none.
        """
        values = {name: payment.get(name) for name in self._asked} | {"score": score}
        with self._lock:
            decision, is_degraded, version = self._sqlite.execute(self._query, values).fetchone()
        return Verdict(decision, bool(is_degraded), version)
