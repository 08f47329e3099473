"""From a batch of feature columns to scores with their model's version, whatever happens."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from udfs.champion_watcher import ChampionWatcher

LOG = logging.getLogger(__name__)
MAX_ERROR_LENGTH = 200


class PaymentScoring:
    """Scores batches with the champion and never raises: a failure becomes text in the rows."""

    def __init__(self, models_dir: str, features: str) -> None:
        """
        :param models_dir: holds the bundles and the file ``champion``; empty if not configured.
        :param features: the SQL's feature list, comma separated; empty if not configured.
        """
        self._watcher: ChampionWatcher | None = None
        self._last_error: str | None = None
        if models_dir and features:
            self._watcher = ChampionWatcher(Path(models_dir), features.split(","))
        self._misconfigured = "" if models_dir else "job parameter swipestream.model_dir is not set"
        if models_dir and not features:
            self._misconfigured = "job parameter swipestream.features is not set"

    def answer(self, columns: Sequence["pd.Series[Any]"]) -> pd.DataFrame:
        """
        Score one batch.

        A batch fails as a whole: the SQL fixes the columns' types and a model takes any number, so
        what goes wrong (no model, wrong feature list) is the same for every row of it.

        :param columns: one per feature, as for `OnnxScorer.encode`, all of length n.
        :return: n rows of score (float64 in [0, 1], NaN without a score), model_version (text or
            None) and error (None, or short text that says why there is no score).
        """
        version: str | None = None
        error: str | None = None
        scores: np.ndarray[Any, Any] | None = None
        try:
            scorer = self._watcher.scorer() if self._watcher else None
            if self._watcher is None:
                error = self._misconfigured
            elif scorer is None:
                error = self._watcher.problem
            else:
                scores = scorer.score(scorer.encode(columns)).astype(np.float64)
                version = scorer.version
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        if error is not None:
            error = short_text(error)
        self._note(error)
        count = len(columns[0])
        if scores is None:
            scores = np.full(count, np.nan)
        answers = {
            "score": scores,
            "model_version": _repeat(version, count),
            "error": _repeat(error, count),
        }
        return pd.DataFrame(answers, copy=False)

    def _note(self, error: str | None) -> None:
        if error != self._last_error:
            self._last_error = error
            if error is None:
                LOG.info("payments are scored again")
            else:
                LOG.error("payments are not scored reason=%s", error)


def short_text(text: str) -> str:
    """One line that Postgres can store: printable characters only, at most 200."""
    line = " ".join(text.split())
    return "".join(filter(str.isprintable, line))[:MAX_ERROR_LENGTH]


def _repeat(text: str | None, count: int) -> np.ndarray[Any, Any]:
    values = np.empty(count, dtype=object)
    values[:] = text
    return values
