"""Follow a pointer file: swap models while payments are scored, refuse broken ones."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHAMPION, Pointer, read_pointer, write_atomically
from udfs.onnx_scorer import OnnxScorer

LOG = logging.getLogger(__name__)

# Of a file: its name, its number on the disk, when it changed, its size; of none, its name.
Seen = tuple[tuple[str, int, int, int] | tuple[str], ...]


def status_file(models_dir: Path, name: Pointer) -> Path:
    """What the stream made of a pointer, as JSON: serving, refused, reason, at."""
    return models_dir / f"{name}.status.json"


class ModelWatcher:
    """
    Holds the model that a pointer names.

    Looks at the pointer when asked for the scorer, at most every ``check_every_seconds``. A look is
    a stat call for the pointer and for each file of the bundle, so a bundle whose files arrive one
    by one is taken once it is complete. Only when one changed is a model loaded, in the caller's
    thread: that takes tens of milliseconds, once per promotion, and needs no lock. A model that is
    refused is logged and written to the status file. A champion that was refused or whose pointer
    has gone changes nothing: the one before keeps scoring. A challenger is dropped then, as nothing
    depends on it and its scores would be taken for another's.
    """

    def __init__(
        self,
        models_dir: Path,
        name: Pointer,
        expected_features: Sequence[str],
        check_every_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        writes_status: bool = True,
    ) -> None:
        """
        :param models_dir: holds one folder per version and the pointer.
        :param name: of the pointer.
        :param expected_features: the SQL's feature list in order.
        :param clock: seconds; replaced by tests.
        :param writes_status: False if another process's status file must stay: only the stream's
            tells what became of a model.
        """
        self.models_dir = models_dir
        self.name = name
        self.expected_features = tuple(expected_features)
        self._nothing = f"no {name} model in {models_dir}"
        self.problem: str | None = self._nothing
        """Why there is no scorer, or why the newest one was refused; None if all is well."""
        self._keeps = name == CHAMPION
        self._check_every_seconds = check_every_seconds
        self._clock = clock
        self._writes_status = writes_status
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

    def note_scoring(self, problem: str | None) -> None:
        """
        Make visible that the scorer in force fails on payments, or no longer does.

        :param problem: None if the batch was scored. Only a change is logged and written.
        """
        if problem == self.problem:
            return
        self.problem = problem
        if problem is not None:
            LOG.warning("%s fails version=%s reason=%s", self.name, self._serving, problem)
        self._write_status(refused=None)

    @property
    def _serving(self) -> str | None:
        return self._scorer.version if self._scorer else None

    def _follow(self) -> None:
        version: str | None = None
        try:
            version = read_pointer(self.models_dir, self.name)
            if version is None:
                self._follow_nothing()
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
        LOG.info("%s loaded version=%s", self.name, version)
        self._write_status(refused=None)

    def _follow_nothing(self) -> None:
        if (self._keeps and self._scorer is not None) or self.problem == self._nothing:
            return
        self._seen = self._scorer = None
        self.problem = self._nothing
        LOG.info("%s gone", self.name)
        self._write_status(refused=None)

    def _refuse(self, version: str | None, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, BundleError):
            reason = error.fact
        if not self._keeps:
            self._scorer = None
        if version is None:
            # What the pointer named before may come back looking the same.
            self._seen = None
        if reason == self.problem:
            return
        self.problem = reason
        LOG.warning(
            "%s refused version=%s serving=%s reason=%s", self.name, version, self._serving, reason
        )
        self._write_status(refused=version)

    def _write_status(self, refused: str | None) -> None:
        if not self._writes_status:
            return
        status = {
            "serving": self._serving,
            "refused": refused,
            "reason": self.problem,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        path = status_file(self.models_dir, self.name)
        try:
            write_atomically(path, json.dumps(status, indent=2) + "\n")
        except OSError as error:
            # A cluster may mount the models read-only; the log has said it already.
            LOG.debug("status not written file=%s reason=%s", path, error.strerror)

    def _stats(self, version: str) -> Seen:
        folder = self.models_dir / version
        try:
            files = sorted(folder.iterdir())
        except OSError:
            files = []
        return tuple(map(stamp, (self.models_dir / self.name, folder, *files)))


def stamp(path: Path) -> tuple[str, int, int, int] | tuple[str]:
    try:
        found = path.stat()
    except OSError:
        return (path.name,)
    # Not when it was written: copying tools set that to what it was where they copy from.
    return path.name, found.st_ino, found.st_ctime_ns, found.st_size
