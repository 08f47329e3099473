"""Score stored features again, with the models that the stored row names."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa

from swipestream.verify.parity.columns import STORED
from swipestream.verify.parity.comparison import EXAMPLES, SCORE_TOLERANCE, Comparison, Difference
from udfs.bundle_errors import BundleError
from udfs.onnx_scorer import OnnxScorer

CHUNK_ROWS = 20_000
THREADS = 2

Scored = tuple[pa.RecordBatch, np.ndarray[Any, Any]]


@dataclass
class ScoreCheck:
    """
    How the stored scores of a column compare with the models'.

    :param column: `score`, or `challenger_score`.
    :param unscored: rows without a score that say why; there is nothing to compare.
    :param unknown: by model that cannot be loaded, how many rows it scored, and why it cannot.
    """

    column: str = "score"
    compared: int = 0
    mismatched: int = 0
    missing: int = 0
    largest: float | None = None
    relative: float | None = None
    unscored: int = 0
    unknown: dict[str, tuple[int, str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def comparison(self) -> Comparison:
        """As a row of the table."""
        return Comparison(
            self.column,
            self.compared,
            self.mismatched,
            self.missing,
            0,
            self.largest,
            self.relative,
        )


def check_scores(
    connection: duckdb.DuckDBPyConnection,
    models_dir: Path,
    on_rows: Callable[[int], None] = lambda count: None,
) -> ScoreCheck:
    """
    Compare every stored score with what its model makes of the stored features.

    :param connection: has the table `stored_payments`, which says which are compared.
    :param models_dir: holds a folder per model version.
    :param on_rows: told how many rows were scored so far.
    """
    check = ScoreCheck()
    silent = connection.execute(
        "SELECT COUNT(*) FILTER (score IS NULL AND score_error IS NOT NULL), "
        "COUNT(*) FILTER (score IS NULL AND score_error IS NULL) "
        "FROM stored_payments WHERE model_version IS NULL AND is_compared"
    ).fetchone()
    assert silent
    check.unscored, check.missing = silent
    # Neither a score nor a reason.
    check.mismatched = check.missing
    _check_versions(connection, models_dir, "model_version", check, on_rows)
    return check


def check_challenger_scores(
    connection: duckdb.DuckDBPyConnection,
    models_dir: Path,
    on_rows: Callable[[int], None] = lambda count: None,
) -> ScoreCheck:
    """The same for the challengers'; a payment without one has nothing to compare."""
    check = ScoreCheck("challenger_score")
    _check_versions(connection, models_dir, "challenger_version", check, on_rows)
    return check


def _check_versions(
    connection: duckdb.DuckDBPyConnection,
    models_dir: Path,
    version_column: str,
    check: ScoreCheck,
    on_rows: Callable[[int], None],
) -> None:
    versions = connection.execute(
        f"SELECT {version_column}, COUNT(*) FROM stored_payments WHERE is_compared "
        f"AND {version_column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for version, count in versions:
        try:
            scorer = OnnxScorer.load(models_dir / version)
        except BundleError as error:
            check.unknown[version] = (count, error.fact)
            continue
        strange = [name for name in scorer.feature_names if name not in STORED]
        if strange:
            check.unknown[version] = (count, f"its feature {strange[0]} is not stored")
            continue
        _check_model(connection, scorer, version_column, check, on_rows)


def _check_model(
    connection: duckdb.DuckDBPyConnection,
    scorer: OnnxScorer,
    version_column: str,
    check: ScoreCheck,
    on_rows: Callable[[int], None],
) -> None:
    names = ", ".join(scorer.feature_names)
    reader = connection.sql(
        f"SELECT transaction_id, {check.column} AS stored_score, {names} FROM stored_payments "
        f"WHERE {version_column} = ? AND is_compared",
        params=[scorer.version],
    ).to_arrow_reader(CHUNK_ROWS)

    def scored(batch: pa.RecordBatch) -> Scored:
        columns = [as_series(batch.column(name)) for name in scorer.feature_names]
        return batch, scorer.score(scorer.encode(columns)).astype(np.float64)

    with ThreadPoolExecutor(THREADS) as pool:
        for batch, expected in _in_turn(pool, scored, reader):
            _note(check, batch, expected)
            on_rows(check.compared)


def _in_turn(
    pool: ThreadPoolExecutor,
    work: Callable[[pa.RecordBatch], Scored],
    items: Iterable[pa.RecordBatch],
) -> Iterator[Scored]:
    """Like `pool.map`, but with only a few batches in memory."""
    running = []
    for item in items:
        running.append(pool.submit(work, item))
        if len(running) > THREADS:
            yield running.pop(0).result()
    for future in running:
        yield future.result()


def as_series(column: pa.Array) -> "pd.Series[float] | pd.Series[str]":
    """A column as the stream hands it to the scorer: numbers with NaN for NULL, or text."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pd.Series(column.to_pylist(), dtype=object)
    return pd.Series(column.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _note(check: ScoreCheck, batch: pa.RecordBatch, expected: np.ndarray[Any, Any]) -> None:
    stored = batch.column("stored_score").cast(pa.float64()).to_numpy(zero_copy_only=False)
    difference = np.abs(stored - expected)
    # Written so that NaN, a score that is not there, counts as wrong.
    wrong = ~(difference <= SCORE_TOLERANCE)
    check.compared += len(stored)
    check.mismatched += int(wrong.sum())
    check.missing += int(np.isnan(stored).sum())
    known = ~np.isnan(difference)
    if known.any():
        sizes = np.maximum(np.abs(stored), np.abs(expected))[known]
        check.largest = max(check.largest or 0.0, float(difference[known].max()))
        relative = np.divide(
            difference[known], sizes, out=np.zeros_like(sizes), where=difference[known] > 0
        )
        check.relative = max(check.relative or 0.0, float(relative.max()))
    for position in np.flatnonzero(wrong)[: EXAMPLES - len(check.differences)]:
        name = batch.column("transaction_id")[int(position)].as_py()
        check.differences.append(
            Difference(name, check.column, float(stored[position]), float(expected[position]))
        )
