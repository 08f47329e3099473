"""The measure of explanations runs on a champion, and says what it lacks."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.explanations import run
from swipestream.errors import SwipestreamError
from tests.reasons.tiny_trees import publish_explained


def test_scores_and_explanations_are_timed(tmp_path: Path) -> None:
    version = publish_explained(tmp_path)
    rows = [
        {"amount_cents": 50_000, "km_from_home": None, "channel": "atm"},
        {"amount_cents": 5, "km_from_home": 1.0, "channel": "pos"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "training_set.parquet")
    result = run(tmp_path, 10)
    assert (result.version, result.payments) == (version, 2)
    assert result.difference < 1e-6
    assert result.explanation_ms > 0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SwipestreamError, match="has no champion"):
        run(tmp_path, 10)
    publish_explained(tmp_path)
    with pytest.raises(SwipestreamError, match=r"has no training_set\.parquet"):
        run(tmp_path, 10)
