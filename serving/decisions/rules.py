"""The rules of the team: followed by a thread, so that no payment waits while they are read."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving.decisions.payments import FIELDS
from udfs.rule_check import RuleChecker
from udfs.rule_set import RuleColumns, RuleSet
from udfs.rule_watcher import RuleWatcher

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Ruled:
    """
    What the rules say of a payment.

    :param action: what the first live rule that fired asks for; None if none did.
    :param fired: names of the live rules that fired.
    :param version: the number of the newest change of the rules; None without rules.
    """

    action: str | None = None
    fired: tuple[str, ...] = ()
    version: int | None = None


class _Checkers:
    """The rules in force: all of them, and those that need no history."""

    def __init__(self, rules: RuleSet, columns: RuleColumns) -> None:
        self.whole = RuleChecker(rules, columns)
        self.of_fields = RuleChecker(rules, columns, known=frozenset(FIELDS))


class TeamRules:
    """The stream's rules, in this process."""

    def __init__(self, models_dir: Path, columns: RuleColumns) -> None:
        """
        Load them and follow their file.

        :param models_dir: holds it.
        :param columns: what rules may look at.
        """
        self._columns = columns
        # The status file tells what the stream made of the file, and stays the stream's.
        self._watcher = RuleWatcher(models_dir, columns, 0.0, writes_status=False, make=_Checkers)
        self._checkers: _Checkers | None = self._watcher.rules()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rules", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self._checkers = self._watcher.rules()

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        self._thread.join()

    def check(self, payment: Mapping[str, Any], *, has_history: bool) -> Ruled:
        """
        What the rules in force say; nothing if they fail, which is logged.

        :param payment: its fields, and its features if it has them, by name.
        :param has_history: False leaves out rules that look at features: they are not unknown, but
            there was no time or no database for them.
        """
        checkers = self._checkers
        if checkers is None:
            return Ruled()
        checker = checkers.whole if has_history else checkers.of_fields
        try:
            numbers = [payment.get(name) for name in self._columns.numbers]
            texts = {name: [payment.get(name)] for name in self._columns.texts}
            found = checker.check(np.array([numbers], dtype=np.float64), texts)
        except Exception as error:
            # Its text may hold what was sent.
            self._watcher.note(type(error).__name__)
            return Ruled()
        self._watcher.note(None)
        fired = tuple(found.live[0].split(",")) if found.live[0] else ()
        return Ruled(found.actions[0], fired, checker.version)
