"""The production feature SQL in DuckDB, unchanged: what is trained on is what the stream runs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from flink_jobs.pipelines import PAYMENTS
from training.errors import TrainingError

SQL_ROOT = Path(__file__).resolve().parents[2] / "sql"
_IDENTIFYING_ENDS = (
    *("_id", "_last4", "_offset", "_partition"),
    *("_ms", "_time", "_at"),
    *("latitude", "longitude"),
)
# A span of time, no point in it.
_SPANS = ("came_behind_ms",)

# The stream's own files for history and features, and the refresh's for merchant risk; around them
# what stands for Kafka and look-ups.
FILES: tuple[Path, ...] = (
    SQL_ROOT / "training/world_payments.sql",
    SQL_ROOT / "training/payments_arrived.sql",
    SQL_ROOT / "as_of_arrival/touched_payments.sql",
    SQL_ROOT / "as_of_arrival/payments_checked.sql",
    *(PAYMENTS.job.path(file) for file in PAYMENTS.history_files),
    SQL_ROOT / "training/payments_with_history.sql",
    SQL_ROOT / "training/hourly_payments.sql",
    SQL_ROOT / "training/label_events.sql",
    SQL_ROOT / "training/risk_range.sql",
    SQL_ROOT / "merchant_risk/merchant_risk_snapshots.sql",
    SQL_ROOT / "training/lookup_gaps.sql",
    SQL_ROOT / "training/payments_enriched.sql",
    PAYMENTS.job.path(PAYMENTS.features_file),
    SQL_ROOT / "training/payment_keys.sql",
)
# What was known of them, for any source of payments.
LABEL_FILES: tuple[Path, ...] = (
    SQL_ROOT / "training/known_labels.sql",
    SQL_ROOT / "training/labelled_payments.sql",
    SQL_ROOT / "training/label_account.sql",
    SQL_ROOT / "training/label_sources.sql",
)


def connect(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """
    A DuckDB in memory that reads the feature files as Flink does.

    :param threads: how many it may use.
    """
    connection = duckdb.connect(config={"threads": threads})
    # 7 / 2 is 3 in Flink and PostgreSQL.
    connection.execute("SET integer_division = true")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def set_label_cutoff(
    connection: duckdb.DuckDBPyConnection, from_ms: int, to_ms: int, known_at_ms: int
) -> None:
    """
    Say which payments to learn from and up to when labels are known.

    :param from_ms: first payment, UTC epoch milliseconds.
    :param to_ms: just after the last payment.
    :param known_at_ms: labels that arrived later do not exist.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE label_cutoff AS SELECT ? AS from_ms, ? AS to_ms, ? AS known_at_ms",
        [from_ms, to_ms, known_at_ms],
    )


def run_files(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """
    Run SQL files, one statement each, in order.

    :raises TrainingError: DuckDB refuses one; names the file.
    """
    for path in files:
        statement = path.read_text(encoding="utf-8")
        if path.parent.name == "merchant_risk":
            # A query, so that Postgres can run it as a part of another one.
            statement = f"CREATE TEMPORARY VIEW {path.stem} AS\n{statement}"
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            shown = path.relative_to(SQL_ROOT.parent)
            raise TrainingError(
                f"{shown} does not run in DuckDB: {str(error).splitlines()[0]}",
                "keep to what Flink, DuckDB and PostgreSQL all read",
            ) from None


def check_is_no_identifier(features: Sequence[str]) -> None:
    """
    Refuse features by which a model would learn payments by heart instead of behavior.

    :raises TrainingError: a feature is an identifier, a position or a point in time.
    """
    for name in features:
        if name.endswith(_IDENTIFYING_ENDS) and name not in _SPANS:
            raise TrainingError(
                f"{name} is an identifier, a position or a point in time, not a feature",
                "take it out of score(...) in sql/payments/decide/payments_scored.sql",
            )
