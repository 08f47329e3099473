"""What a score and its explanation take, with the champion and the payments it was trained on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from swipestream.errors import SwipestreamError
from swipestream.reasons.explainer import Explainer
from udfs.model_bundle import CHAMPION, read_pointer
from udfs.onnx_scorer import OnnxScorer

TRAINING_SET = "training_set.parquet"


@dataclass(frozen=True)
class Result:
    """
    Milliseconds a payment.

    :param difference: largest between a score and the sum of its contributions.
    """

    version: str
    payments: int
    score_ms: float
    score_alone_ms: float
    explanation_ms: float
    explanation_alone_ms: float
    difference: float


def run(models_dir: Path, payments: int) -> Result:
    """
    Score and explain the newest payments of the last training set, together and one by one.

    :raises SwipestreamError: there is no champion or no training set.
    :raises BundleError: the champion cannot be used, or explains nothing.
    """
    version = read_pointer(models_dir, CHAMPION)
    path = models_dir / TRAINING_SET
    if version is None or not path.exists():
        raise SwipestreamError(
            f"{models_dir} has no {'champion' if version is None else TRAINING_SET}",
            "run `swipestream train`",
        )
    scorer, explainer = OnnxScorer.load(models_dir / version), Explainer.load(models_dir / version)
    table = pq.read_table(path, columns=list(scorer.feature_names))
    rows = table.slice(max(0, table.num_rows - payments)).to_pylist()
    features = explainer.encode(rows)
    scores, score_s = timed(lambda: scorer.score(features))
    _, score_alone_s = timed(lambda: [scorer.score(row[None]) for row in features])
    parts, explanation_s = timed(lambda: explainer.contributions(features))
    _, alone_s = timed(lambda: [explainer.contributions(row[None]) for row in features])
    difference = np.abs(explainer.scores(parts.sum(axis=1)) - scores).max()
    of_each = 1000 / len(rows)
    return Result(
        version,
        len(rows),
        score_s * of_each,
        score_alone_s * of_each,
        explanation_s * of_each,
        alone_s * of_each,
        float(difference),
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the CPU seconds it took."""
    begin = time.process_time()
    return work(), time.process_time() - begin
