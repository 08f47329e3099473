"""The features of the benchmark, computed by the files in bench/handbook/sql in DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from bench.handbook.array_types import Matrix
from bench.handbook.simulator import Payments
from training.data.feature_sql import connect, run_files
from training.progress import Progress

SQL_DIR = Path(__file__).parent / "sql"
BOOK, RICH = "book_features", "rich_features"
# In this order: each reads earlier ones.
FILES: tuple[Path, ...] = tuple(
    SQL_DIR / f"{name}.sql"
    for name in (
        "payments",
        BOOK,
        "card_activity",
        "card_habits",
        "card_oddities",
        "terminal_events",
        "terminal_risk",
        RICH,
    )
)
# The features that the stream computes today, as far as the book's payments have the data.
STREAMED = (
    "amount_cents",
    "local_hour",
    "local_weekday",
    "seconds_since_previous",
    "card_txn_count_24h",
    "card_txn_count_7d",
    "card_amount_cents_24h",
    "card_amount_cents_7d",
    "amount_to_card_mean_24h",
    "amount_to_card_mean_7d",
    "terminal_txn_count_1d",
    "terminal_txn_count_7d",
    "terminal_txn_count_28d",
    "terminal_fraud_rate_28d",
    "terminal_days_since_fraud",
)


@dataclass(frozen=True)
class Features:
    """
    One row per payment, in order of time.

    :param names: of the columns.
    :param values: float32, shape (n, len(names)); NaN for unknown.
    """

    names: tuple[str, ...]
    values: Matrix

    def only(self, names: Sequence[str]) -> "Features":
        """Some of the columns, in the order given."""
        columns = [self.names.index(name) for name in names]
        return Features(tuple(names), self.values[:, columns])


def compute(
    payments: Payments, progress: Progress, threads: int = 2, files: Sequence[Path] = FILES
) -> dict[str, Features]:
    """
    Run the files over simulated payments.

    :param threads: how many DuckDB may use.
    :param files: in order.
    :return: the book's features and the rich ones, by the names of their tables.
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
        return {name: _read(connection, name) for name in (BOOK, RICH)}
    finally:
        connection.close()


def _read(connection: duckdb.DuckDBPyConnection, table: str) -> Features:
    names = tuple(name for name in connection.table(table).columns if name != "payment_id")
    columns = ", ".join(f"CAST({name} AS FLOAT) AS {name}" for name in names)
    rows = connection.table(table).order("payment_id").project(columns).to_arrow_table()
    values = np.empty((len(rows), len(names)), dtype=np.float32)
    for number, name in enumerate(names):
        values[:, number] = rows[name].to_numpy()
    return Features(names, values)
