"""Do the rules that the team had when a payment was decided fire for its stored row again?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from flink_jobs.pipelines import PAYMENTS
from swipestream.rules.columns import rule_columns
from swipestream.rules.tables import RuleChange, rule_changes, rules_after
from swipestream.verify.parity.comparison import EXAMPLES, Comparison, Difference
from udfs.rule_check import Fired, RuleChecker
from udfs.rule_set import RuleColumns, RuleError, check_rule_set

CHUNK_ROWS = 20_000
COLUMN = "rules"
# The decisions that a rule's action leaves possible.
DECISIONS = {"allow": ("approve",), "block": ("block",), "review": ("review", "block")}


@dataclass
class RuleCheck:
    """
    How the rules that are stored with payments compare with the rules of that version.

    :param compared: payments that name a version.
    :param mismatched: of them, those for which other rules fire, or that were decided against a
        rule; and payments without a version for which a rule is stored all the same.
    :param unknown: by version that is not in `rule_changes`, or has a rule that cannot be
        evaluated, how many payments name it, and why it cannot be compared.
    """

    compared: int = 0
    mismatched: int = 0
    unknown: dict[int, tuple[int, str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def comparison(self) -> Comparison:
        """As a row of the table."""
        return Comparison(COLUMN, self.compared, self.mismatched, 0, 0, None, None)


def check_rules(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    on_rows: Callable[[int], None] = lambda count: None,
) -> RuleCheck:
    """
    Check every payment among the `stored_payments` that are compared.

    :param postgres: in autocommit mode.
    :param on_rows: told how many payments were looked at.
    """
    check = RuleCheck()
    _check_unversioned(connection, check)
    versions = connection.execute(
        "SELECT rules_version, COUNT(*) FROM stored_payments "
        "WHERE is_compared AND rules_version IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    changes = rule_changes(postgres) if versions else []
    for version, count in versions:
        try:
            checker = checker_of(changes, version)
        except RuleError as error:
            check.unknown[version] = (count, error.fact)
            continue
        _check_version(connection, version, checker, check, on_rows)
    return check


def checker_of(changes: Sequence[RuleChange], version: int) -> RuleChecker:
    """
    The rules as they were after a change.

    :param changes: all, the oldest first.
    :raises RuleError: there is no such change, or one of its rules cannot be evaluated any more.
    """
    rules, columns = rules_after(changes, version), rule_columns(PAYMENTS.job)
    check_rule_set(rules, columns)
    return RuleChecker(rules, columns)


def _check_unversioned(connection: duckdb.DuckDBPyConnection, check: RuleCheck) -> None:
    """Without rules in force, none can have fired."""
    rows = connection.execute(
        "SELECT transaction_id, COALESCE(rules_fired, shadow_rules_fired, rule_action) "
        "FROM stored_payments WHERE is_compared AND rules_version IS NULL "
        "AND COALESCE(rules_fired, shadow_rules_fired, rule_action) IS NOT NULL "
        "ORDER BY event_ms, transaction_id"
    ).fetchall()
    check.mismatched += len(rows)
    check.differences += [Difference(row[0], COLUMN, row[1], None) for row in rows[:EXAMPLES]]


def _check_version(
    connection: duckdb.DuckDBPyConnection,
    version: int,
    checker: RuleChecker,
    check: RuleCheck,
    on_rows: Callable[[int], None],
) -> None:
    columns = rule_columns(PAYMENTS.job)
    names = ", ".join((*columns.numbers, *columns.texts))
    reader = connection.sql(
        "SELECT transaction_id, rules_fired, shadow_rules_fired, rule_action, decision, "
        f"{names} FROM stored_payments WHERE rules_version = ? AND is_compared",
        params=[version],
    ).to_arrow_reader(CHUNK_ROWS)
    for batch in reader:
        _compare(batch, checker.check(*handed_over(batch, columns)), check)
        on_rows(check.compared)


def handed_over(
    batch: pa.RecordBatch, columns: RuleColumns
) -> tuple[np.ndarray[Any, Any], dict[str, list[Any]]]:
    """Stored payments as the stream hands them to rules: numbers with NaN for NULL, and text."""
    numbers = [
        batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
        for name in columns.numbers
    ]
    texts = {name: batch.column(name).to_pylist() for name in columns.texts}
    return np.column_stack(numbers), texts


def _compare(batch: pa.RecordBatch, expected: Fired, check: RuleCheck) -> None:
    check.compared += batch.num_rows
    stored = [batch.column(name).to_pylist() for name in ("rules_fired", "shadow_rules_fired")]
    actions, decisions = (batch.column(name).to_pylist() for name in ("rule_action", "decision"))
    for row, (found, wanted) in enumerate(
        zip(
            zip(*stored, actions, strict=True),
            zip(expected.live, expected.shadow, expected.actions, strict=True),
            strict=True,
        )
    ):
        action = wanted[2]
        is_obeyed = action is None or decisions[row] in DECISIONS[action]
        if found == wanted and is_obeyed:
            continue
        check.mismatched += 1
        if len(check.differences) < EXAMPLES:
            name = batch.column("transaction_id")[row].as_py()
            check.differences.append(
                Difference(name, COLUMN, _shown(found), _shown(wanted))
                if found != wanted
                else Difference(name, "decision", decisions[row], " or ".join(DECISIONS[action]))
            )


def _shown(fired: tuple[str | None, str | None, str | None]) -> str:
    live, shadow, action = fired
    return f"{live or 'none'}, in shadow {shadow or 'none'}, action {action or 'none'}"
