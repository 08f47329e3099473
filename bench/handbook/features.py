"""The features of the benchmark in DuckDB: the book's, and those of the stream by its own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from bench.handbook.array_types import Matrix
from bench.handbook.simulator import Payments
from flink_jobs.pipelines import PAYMENTS
from training.data.feature_sql import FILES as TRAINING_FILES
from training.data.feature_sql import connect, run_files
from training.data.training_set import CATEGORICAL
from training.progress import Progress

SQL_DIR = Path(__file__).parent / "sql"
BOOK, STREAMED = "book_features", "payment_features"
# What the book's payments are to the stream's files: payments, labels, and what is looked up.
OWN = {path.stem: path for path in SQL_DIR.glob("*.sql")}
# In this order: each reads earlier ones.
FILES: tuple[Path, ...] = (
    *(OWN[name] for name in ("payments", BOOK, "payments_on_disk", "labels_on_disk")),
    *(OWN.get(path.stem, path) for path in TRAINING_FILES),
)
# All that the stream's model is given; what is text has one value only here.
STREAMED_NAMES = tuple(name for name in PAYMENTS.model_features if name not in CATEGORICAL)


@dataclass(frozen=True)
class Features:
    """
    One row per payment, in order of time.

    :param names: of the columns.
    :param values: float32, shape (n, len(names)); NaN for unknown.
    """

    names: tuple[str, ...]
    values: Matrix


def compute(
    payments: Payments, progress: Progress, threads: int = 2, files: Sequence[Path] = FILES
) -> dict[str, Features]:
    """
    Run the files over simulated payments.

    :param threads: how many DuckDB may use.
    :param files: in order.
    :return: the book's features and the stream's, by the names of their tables.
    :raises TrainingError: DuckDB refuses a file; names it.
    """
    simulated = pa.table(
        {
            "payment_id": np.arange(len(payments)),
            "card_id": payments.card,
            "terminal_id": payments.terminal,
            "amount_cents": payments.amount_cents,
            "event_ms": payments.event_ms,
            "is_fraud": payments.label.astype(np.int32),
        }
    )
    connection = connect(threads)
    try:
        connection.register("payments_simulated", simulated)
        with progress.counted("features in DuckDB") as on_file:
            for number, path in enumerate(files):
                on_file(number, len(files), path.stem)
                run_files(connection, [path])
            on_file(len(files), len(files), "")
        book = connection.table(BOOK)
        names = tuple(name for name in book.columns if name != "payment_id")
        streamed = connection.view(STREAMED).project("*, CAST(transaction_id AS INT) AS payment_id")
        return {
            BOOK: _read(book, names),
            STREAMED: _read(streamed, STREAMED_NAMES),
        }
    finally:
        connection.close()


def _read(relation: duckdb.DuckDBPyRelation, names: tuple[str, ...]) -> Features:
    columns = ", ".join(f"CAST({name} AS FLOAT) AS {name}" for name in names)
    rows = relation.order("payment_id").project(columns).to_arrow_table()
    values = np.empty((len(rows), len(names)), dtype=np.float32)
    for number, name in enumerate(names):
        values[:, number] = rows[name].to_numpy()
    return Features(names, values)
