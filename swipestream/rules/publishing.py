"""The file that the stream and the decision API read: rules.json beside the pointers of models."""

from pathlib import Path
from typing import Any

import psycopg

from swipestream.rules.tables import rules_now
from udfs.model_bundle import write_atomically
from udfs.rule_set import RULES_FILE, RuleError, RuleSet


def publish(connection: psycopg.Connection[Any], models_dir: Path) -> RuleSet:
    """
    Write what the tables hold; workers follow within seconds.

    :param connection: not in a transaction.
    :return: what was written, with the rules that are off. Without any change there is nothing to
        write.
    :raises RuleError: the file cannot be written; the rules before stay in force.
    """
    rules = rules_now(connection)
    if rules.version is None:
        return rules
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
