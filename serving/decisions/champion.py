"""The model that decides: followed by a thread, so that no payment waits while one is loaded."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from udfs.model_bundle import CHAMPION
from udfs.model_watcher import ModelWatcher
from udfs.onnx_scorer import OnnxScorer

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 1.0


class Champion:
    """The stream's champion, in this process."""

    def __init__(self, models_dir: Path, features: tuple[str, ...]) -> None:
        """
        Load it and follow its pointer.

        :param models_dir: holds the bundles and the pointer.
        :param features: the SQL's feature list, in order.
        """
        self._features = features
        # The status file tells what the stream made of the pointer, and stays the stream's.
        self._watcher = ModelWatcher(models_dir, CHAMPION, features, 0.0, writes_status=False)
        self._scorer: OnnxScorer | None = self._watcher.scorer()
        self._last_error: str | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="champion", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self._scorer = self._watcher.scorer()

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        self._thread.join()

    @property
    def version(self) -> str | None:
        """Of the model in force; None if there is none."""
        scorer = self._scorer
        return scorer.version if scorer else None

    def score(self, payment: Mapping[str, Any]) -> tuple[float | None, str | None]:
        """
        :param payment: its features by name.
        :return: a score in [0, 1] and the model's version; both None without a model, and if it
            cannot score the payment: rules decide then, as in the stream.
        """
        scorer = self._scorer
        if scorer is None:
            return None, None
        try:
            row = scorer.encode_rows([[payment[name] for name in self._features]])
            score = float(scorer.score(row)[0])
        except Exception as error:
            self._note(type(error).__name__, scorer.version)
            return None, None
        self._note(None, scorer.version)
        return score, scorer.version

    def _note(self, error: str | None, version: str) -> None:
        """Say once what is wrong; never its text, which may hold what was sent."""
        if error != self._last_error:
            self._last_error = error
            if error:
                LOG.error("payments not scored version=%s reason=%s", version, error)
