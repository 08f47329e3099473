"""The file that the stream and the decision API read: rules.json beside the pointers of models."""

from pathlib import Path
from typing import Any

import psycopg

from swipestream.rules.tables import rules_now
from udfs.model_bundle import write_atomically
from udfs.rule_set import RULES_FILE, RuleColumns, RuleError, RuleSet, check_rule_set


def publish(connection: psycopg.Connection[Any], models_dir: Path, columns: RuleColumns) -> RuleSet:
    """
    Write what the tables hold; workers follow within seconds.

    A file that workers would refuse is not written: one that starts later would have no rules.

    :param connection: with the lock on changes, not in a transaction.
    :param columns: what rules may look at.
    :return: what was written, with the rules that are off. Without any change there is nothing to
        write.
    :raises RuleError: a rule cannot be evaluated, or the file cannot be written; the rules before
        stay in force.
    """
    rules = rules_now(connection)
    if rules.version is None:
        return rules
    try:
        check_rule_set(rules, columns)
    except RuleError as error:
        raise RuleError(
            f"the change is stored and not in force: {error.fact}", error.hint
        ) from None
    path = models_dir / RULES_FILE
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        write_atomically(path, rules.text())
    except OSError as error:
        raise RuleError(
            f"the change is stored and not in force: {path} cannot be written: {error.strerror}",
            "fix that, then run `swipestream rules publish`",
        ) from None
    return rules
