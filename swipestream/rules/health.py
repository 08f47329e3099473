"""What `swipestream doctor` says of the rules: published, read by the stream, as the tables say."""

import json
from collections.abc import Iterator
from typing import Any

from swipestream.database.connection import open_database
from swipestream.errors import SwipestreamError
from swipestream.rules.tables import rules_now
from swipestream.settings import ChampionSettings
from udfs.rule_set import LIVE, RULES_FILE, RuleColumns, RuleError, read_rules
from udfs.rule_watcher import STATUS_FILE

# Level, name, fact and hint of a finding.
Found = tuple[str, str, str, str]
NAME = "rules"
PUBLISH = "run `swipestream rules publish`"


def check_rules(settings: ChampionSettings, columns: RuleColumns) -> Iterator[Found]:
    """
    Look at the file, at what the stream made of it, and at the tables.

    :param columns: what rules may look at by the SQL in force.
    """
    try:
        with open_database(settings) as connection:
            wanted = rules_now(connection).version
    except (RuleError, SwipestreamError):
        # Said by the check of the database.
        return
    path = settings.models_dir / RULES_FILE
    status = _status(settings)
    try:
        rules = read_rules(path, columns)
    except FileNotFoundError:
        if wanted is None:
            yield "ok", NAME, "none", ""
        else:
            fact = f"{path} does not exist; no rule is applied after a restart"
            yield "FAIL", NAME, fact, PUBLISH
        return
    except RuleError as error:
        yield "FAIL", NAME, f"{error.fact}; {_goes_on(status)}", error.hint
        return
    if wanted != rules.version:
        fact = f"{path} has version {rules.version}, the tables have {wanted}"
        yield "FAIL", NAME, fact, PUBLISH
    elif status.get("reason"):
        fact = f"the stream does not apply them: {status['reason']}; {_goes_on(status)}"
        yield "FAIL", NAME, fact, "read `swipestream logs flink-taskmanager`"
    else:
        live = sum(rule.state == LIVE for rule in rules.rules)
        shadow = len(rules.rules) - live
        yield "ok", NAME, f"version {rules.version}: {live} live, {shadow} in shadow", ""


def _goes_on(status: dict[str, Any]) -> str:
    serving = status.get("serving")
    return f"version {serving} goes on" if serving is not None else "none is applied"


def _status(settings: ChampionSettings) -> dict[str, Any]:
    """What the stream wrote last; empty if nothing, or nothing that can be read."""
    try:
        found = json.loads((settings.models_dir / STATUS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
