"""Follow the file of rules: take a new one while payments are scored, refuse a broken one."""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from udfs.model_bundle import write_atomically
from udfs.model_watcher import stamp
from udfs.rule_check import RuleChecker
from udfs.rule_set import RULES_FILE, RuleColumns, RuleError, UnreadableRulesError, read_rules

LOG = logging.getLogger(__name__)
STATUS_FILE = "rules.status.json"


class RuleWatcher:
    """
    Holds the rules that the file has.

    Looks at the file when asked for the rules, at most every ``check_every_seconds``: a stat call.
    Only a changed file is read, in the caller's thread; with 100,000 entries that takes about
    40 ms, once a change. A broken file, or one that has gone, changes nothing: the rules before it
    stay in force, and the log and the status file say why.
    """

    def __init__(
        self,
        models_dir: Path,
        columns: RuleColumns,
        check_every_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        writes_status: bool = True,
        make: Callable[..., Any] = RuleChecker,
    ) -> None:
        """
        :param models_dir: holds the file, beside the pointers of the models.
        :param columns: what rules may look at.
        :param clock: seconds; replaced by tests.
        :param writes_status: False if another process's status file must stay: only the stream's
            tells what became of a file.
        :param make: what is made of a set of rules and the columns.
        """
        self.problem: str | None = None
        """Why the newest file was refused; None if all is well, or there is none."""
        self._path = models_dir / RULES_FILE
        self._status = models_dir / STATUS_FILE
        self._columns = columns
        self._check_every_seconds = check_every_seconds
        self._clock = clock
        self._writes_status = writes_status
        self._make = make
        self._next_check = float("-inf")
        self._seen: tuple[Any, ...] | None = None
        self._version: int | None = None
        self._failure: str | None = None
        self._checker: Any = None

    def rules(self) -> Any:
        """What was made of the rules in force; None while there are none."""
        now = self._clock()
        if now >= self._next_check:
            self._next_check = now + self._check_every_seconds
            self._follow()
        return self._checker

    def note(self, problem: str | None) -> None:
        """
        Make visible that the rules in force fail on payments, or no longer do.

        :param problem: None if a batch was checked. Only a change is logged and written.
        """
        if problem == self._failure:
            return
        self._failure = problem
        if problem is None:
            LOG.info("rules work version=%s", self._version)
        else:
            LOG.error("rules fail version=%s reason=%s", self._version, problem)
        self._write_status()

    def _follow(self) -> None:
        seen = stamp(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            found = read_rules(self._path, self._columns)
            self._checker = self._make(found, self._columns)
        except FileNotFoundError:
            if self._version is None:
                return
            self._refuse(f"{self._path} has gone")
            return
        except UnreadableRulesError as error:
            # Nothing of the file changes when the reason has passed, such as too many open files.
            self._seen = None
            self._refuse(error.fact)
            return
        except RuleError as error:
            self._refuse(error.fact)
            return
        except Exception as error:
            self._refuse(f"{type(error).__name__}: {error}")
            return
        self._version = found.version
        self.problem = None
        LOG.info("rules loaded version=%s active=%d", found.version, len(found.rules))
        self._write_status()

    def _refuse(self, reason: str) -> None:
        if reason == self.problem:
            return
        self.problem = reason
        LOG.error("rules refused serving=%s reason=%s", self._version, reason)
        self._write_status()

    def _write_status(self) -> None:
        if not self._writes_status:
            return
        status = {
            "serving": self._version,
            "reason": self.problem or self._failure,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            write_atomically(self._status, json.dumps(status, indent=2) + "\n")
        except OSError as error:
            # A cluster may mount the folder read-only; the log has said it already.
            LOG.debug("status not written file=%s reason=%s", self._status, error.strerror)
