"""From a batch of features to scores with their models' versions, whatever happens."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from udfs.model_bundle import CHALLENGER, CHAMPION
from udfs.model_watcher import ModelWatcher
from udfs.onnx_scorer import OnnxScorer
from udfs.shadow_cost import ShadowCost

LOG = logging.getLogger(__name__)
MAX_ERROR_LENGTH = 200


@dataclass(frozen=True)
class Batch:
    """
    The features of n payments, as `OnnxScorer.encode_vectors` takes them.

    :param vectors: of the numeric features.
    :param texts: the columns of the others.
    """

    vectors: "pd.Series[Any]"
    texts: Sequence["pd.Series[Any]"]


@dataclass(frozen=True)
class Answer:
    """
    What one model says of a batch.

    :param scores: float64, shape (n,), each in [0, 1]; NaN without a score.
    :param version: the model's; None without a score.
    :param error: why there is no score, one short line; None if there is one.
    :param seconds: what it took, from columns to scores.
    """

    scores: np.ndarray[Any, Any]
    version: str | None
    error: str | None
    seconds: float


class PaymentScoring:
    """
    Scores batches with the champion and never raises: a failure becomes text in the rows.

    The challenger scores the same batches in the champion's shadow, after it: nothing that happens
    to it is in the champion's answer. Both are looked up once a batch, so each batch has one of
    each.
    """

    def __init__(self, models_dir: str, features: str) -> None:
        """
        :param models_dir: holds the bundles and the pointers; empty if not configured.
        :param features: the SQL's feature list, comma separated; empty if not configured.
        """
        self._champion: ModelWatcher | None = None
        self._challenger: ModelWatcher | None = None
        self._cost: ShadowCost | None = None
        self._last_error: str | None = None
        if models_dir and features:
            names, folder = features.split(","), Path(models_dir)
            self._champion = ModelWatcher(folder, CHAMPION, names)
            self._challenger = ModelWatcher(folder, CHALLENGER, names)
            self._cost = ShadowCost(folder)
        self._misconfigured = "" if models_dir else "job parameter swipestream.model_dir is not set"
        if models_dir and not features:
            self._misconfigured = "job parameter swipestream.features is not set"

    def answer(self, vectors: "pd.Series[Any]", *texts: "pd.Series[Any]") -> pd.DataFrame:
        """
        Score one batch.

        A batch fails as a whole: the SQL fixes the columns' types and a model takes any number, so
        what goes wrong (no model, wrong feature list) is the same for every row of it.

        :param vectors: n numeric feature vectors, as for `OnnxScorer.encode_vectors`.
        :param texts: the columns of text, each of length n.
        :return: n rows of score (float64 in [0, 1], NaN without a score), model_version (text or
            None) and error (None, or short text that says why there is no score); then
            challenger_score and challenger_version, NaN and None without a challenger.
        """
        return pd.DataFrame(self.columns(vectors, *texts), copy=False)

    def columns(self, vectors: "pd.Series[Any]", *texts: "pd.Series[Any]") -> dict[str, Any]:
        """The same as arrays of length n by name, for who has more columns."""
        batch, count = Batch(vectors, texts), len(vectors)
        champion = self._by_champion(batch)
        self._note(champion.error)
        challenger = self._by_challenger(batch, champion)
        return {
            "score": champion.scores,
            "model_version": _repeat(champion.version, count),
            "error": _repeat(champion.error, count),
            "challenger_score": challenger.scores,
            "challenger_version": _repeat(challenger.version, count),
        }

    def _by_champion(self, batch: Batch) -> Answer:
        try:
            scorer = self._champion.scorer() if self._champion else None
            if scorer is not None:
                return _scored(scorer, batch)
            error = self._champion.problem if self._champion else self._misconfigured
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        return _unscored(batch, error)

    def _by_challenger(self, batch: Batch, champion: Answer) -> Answer:
        if self._challenger is None or self._cost is None:
            return _unscored(batch)
        try:
            scorer = self._challenger.scorer()
            # Just promoted, it would only repeat the champion.
            if scorer is None or scorer.version == champion.version:
                return _unscored(batch)
            try:
                answer = _scored(scorer, batch)
            except Exception as failure:
                self._challenger.note_scoring(short_text(f"{type(failure).__name__}: {failure}"))
                return _unscored(batch)
            self._challenger.note_scoring(None)
            self._cost.add(
                champion.version,
                scorer.version,
                len(answer.scores),
                champion.seconds,
                answer.seconds,
            )
        except Exception as failure:
            LOG.warning("challenger ignored reason=%s: %s", type(failure).__name__, failure)
            return _unscored(batch)
        return answer

    def _note(self, error: str | None) -> None:
        if error != self._last_error:
            self._last_error = error
            if error is None:
                LOG.info("payments are scored again")
            else:
                LOG.error("payments are not scored reason=%s", error)


def _scored(scorer: OnnxScorer, batch: Batch) -> Answer:
    begin = time.perf_counter()
    features = scorer.encode_vectors(batch.vectors, batch.texts)
    scores = scorer.score(features).astype(np.float64)
    if scores.shape != (len(batch.vectors),):
        raise ValueError(f"scores of shape {scores.shape} for {len(batch.vectors)} payments")
    return Answer(scores, scorer.version, None, time.perf_counter() - begin)


def _unscored(batch: Batch, error: str | None = None) -> Answer:
    scores = np.full(len(batch.vectors), np.nan)
    return Answer(scores, None, None if error is None else short_text(error), 0.0)


def short_text(text: str) -> str:
    """One line that Postgres can store: printable characters only, at most 200."""
    line = " ".join(text.split())
    return "".join(filter(str.isprintable, line))[:MAX_ERROR_LENGTH]


def _repeat(text: str | None, count: int) -> np.ndarray[Any, Any]:
    values = np.empty(count, dtype=object)
    values[:] = text
    return values
