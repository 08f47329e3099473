"""Payments and their features scored by the stream's scorer, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from training.backtest.ruling import Rules, no_rules
from udfs.onnx_scorer import OnnxScorer

BATCH_ROWS = 20_000
THREADS = 2


def scored(
    payments: duckdb.DuckDBPyRelation,
    scorer: OnnxScorer,
    kept: Iterable[str],
    rules: Rules | None = None,
    on_rows: Callable[[int], None] = lambda count: None,
) -> pa.Table:
    """
    Score payments as the stream does.

    :param payments: has every feature of the model, as `payment_features` delivers it.
    :param kept: columns of the result, besides score, model_version and `ruling.FIELDS`.
    :param rules: of the fraud team; None: no rule fires.
    :param on_rows: told how many are scored so far.
    """
    names = list(kept)

    def work(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [as_series(batch.column(name)) for name in scorer.feature_names]
        scores = scorer.score(scorer.encode(columns)).astype(np.float64)
        columns = [batch.column(name) for name in names]
        columns += [pa.array(scores), pa.array([scorer.version] * len(scores), pa.string())]
        fired = rules.fields(batch) if rules else no_rules(len(scores))
        columns += fired.values()
        return pa.record_batch(columns, [*names, "score", "model_version", *fired])

    done, batches = 0, []
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in _in_turn(pool, work, payments.to_arrow_reader(BATCH_ROWS)):
            batches.append(batch)
            done += len(batch)
            on_rows(done)
    return pa.Table.from_batches(batches) if batches else _empty(payments, names)


def as_series(column: pa.Array) -> "pd.Series[float] | pd.Series[str]":
    """A column as the stream hands it to the scorer: numbers with NaN for NULL, or text."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pd.Series(column.to_pylist(), dtype=object)
    return pd.Series(column.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _in_turn(
    pool: ThreadPoolExecutor,
    work: Callable[[pa.RecordBatch], pa.RecordBatch],
    items: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Like `pool.map`, but with only a few batches in memory."""
    running = []
    for item in items:
        running.append(pool.submit(work, item))
        if len(running) > THREADS:
            yield running.pop(0).result()
    for future in running:
        yield future.result()


def _empty(payments: duckdb.DuckDBPyRelation, names: list[str]) -> pa.Table:
    table = payments.project(", ".join(names)).limit(0).to_arrow_table()
    table = table.append_column("score", pa.array([], pa.float64()))
    table = table.append_column("model_version", pa.array([], pa.string()))
    for name, column in no_rules(0).items():
        table = table.append_column(name, column)
    return table
