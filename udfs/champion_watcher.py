"""Follow the champion pointer: swap models while payments are scored, refuse broken ones."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, MANIFEST, MODEL, read_pointer, write_atomically
from udfs.onnx_scorer import OnnxScorer

LOG = logging.getLogger(__name__)
STATUS_FILE = "champion.status.json"

Seen = tuple[tuple[int, int, int] | None, ...]


class ChampionWatcher:
    """
    Holds the model in force.

    Looks at the pointer when asked for the scorer, at most every ``check_every_seconds``. A look is
    three stat calls; only when something changed is a model loaded, in the caller's thread: that
    takes tens of milliseconds, once per promotion, and needs no lock. A model that is refused
    changes nothing: the one before keeps scoring, the refusal is logged and written to
    ``champion.status.json``.
    """

    def __init__(
        self,
        models_dir: Path,
        expected_features: Sequence[str],
        check_every_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param models_dir: holds one folder per version and the file ``champion``.
        :param expected_features: the SQL's feature list in order.
        :param clock: seconds; replaced by tests.
        """
        self.models_dir = models_dir
        self.expected_features = tuple(expected_features)
        self.problem: str | None = f"no champion model in {models_dir}"
        """Why there is no scorer, or why the newest champion was refused; None if all is well."""
        self._check_every_seconds = check_every_seconds
        self._clock = clock
        self._next_check = float("-inf")
        self._seen: Seen | None = None
        self._scorer: OnnxScorer | None = None

    def scorer(self) -> OnnxScorer | None:
        """The scorer in force, or None while there is none; `problem` then says why."""
        now = self._clock()
        if now >= self._next_check:
            self._next_check = now + self._check_every_seconds
            self._follow()
        return self._scorer

    def _follow(self) -> None:
        version: str | None = None
        try:
            version = read_pointer(self.models_dir, CHAMPION)
            if version is None:
                if self._scorer is None:
                    self.problem = f"no champion model in {self.models_dir}"
                return
            seen = self._stats(version)
            if seen == self._seen:
                return
            self._seen = seen
            scorer = OnnxScorer.load(self.models_dir / version, self.expected_features)
        except Exception as error:
            self._refuse(version, error)
            return
        self._scorer = scorer
        self.problem = None
        LOG.info("champion loaded version=%s", version)
        self._write_status(refused=None)

    def _refuse(self, version: str | None, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, BundleError):
            reason = error.fact
        if reason == self.problem:
            return
        self.problem = reason
        serving = self._scorer.version if self._scorer else None
        LOG.warning("champion refused version=%s serving=%s reason=%s", version, serving, reason)
        self._write_status(refused=version)

    def _write_status(self, refused: str | None) -> None:
        status = {
            "serving": self._scorer.version if self._scorer else None,
            "refused": refused,
            "reason": self.problem,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            write_atomically(self.models_dir / STATUS_FILE, json.dumps(status, indent=2) + "\n")
        except OSError as error:
            # A cluster may mount the models read-only; the log has said it already.
            LOG.debug("status not written dir=%s reason=%s", self.models_dir, error.strerror)

    def _stats(self, version: str) -> Seen:
        folder = self.models_dir / version
        return tuple(map(_stat, (self.models_dir / CHAMPION, folder / MANIFEST, folder / MODEL)))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
