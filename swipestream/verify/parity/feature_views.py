"""The views from `stored_payments` to `payment_features`, for any engine that has that table.

The feature files are the stream's own, unchanged. What stands around them is in sql/parity, and in
sql/as_of_arrival, which training runs as well.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from flink_jobs.pipelines import PAYMENTS
from swipestream.settings import REPO_ROOT

SQL_ROOT = REPO_ROOT / "sql"
# How long and how many payments a card keeps.
CARD_HISTORY = PAYMENTS.kept
*HISTORY_FILES, FEATURES_FILE = (f"{PAYMENTS.job.folder}/{file}" for file in PAYMENTS.feature_files)
FILES = (
    "parity/payments_arrived",
    "as_of_arrival/touched_payments",
    "as_of_arrival/payments_checked",
    *HISTORY_FILES,
    "parity/payments_enriched",
    FEATURES_FILE,
)

Read = Callable[[str], str]


def path_of(file: str) -> Path:
    """
    Where a file is.

    :param file: below sql/, without its ending.
    """
    return SQL_ROOT / f"{file}.sql"


def sql_text(file: str) -> str:
    """The text of a file, such as `payments/history/card_activity`."""
    return path_of(file).read_text("utf-8")


def statements(read: Read = sql_text) -> Iterator[tuple[str, str]]:
    """
    What to run, in order.

    :param read: gives a file's text; replaced by tests that plant a mistake.
    :return: file and SQL of each statement; they are the same for every engine.
    """
    for file in FILES:
        yield file, read(file)
