"""The views from `stored_payments` to `payment_features`, for any engine that has that table.

The feature files are the stream's own, unchanged. What stands around them is in sql/parity.
"""

from collections.abc import Callable, Iterator

from flink_jobs.score_payments import FEATURES, JOB
from swipestream.settings import REPO_ROOT

PARITY_SQL = REPO_ROOT / "sql" / "parity"
# Its ROWS window needs the order of arrival among payments of the same millisecond; the RANGE
# windows after it need such payments to be equals.
BY_ARRIVAL = "features/card_previous_payment"

Read = Callable[[str], str]


def feature_file(name: str) -> str:
    """The text of one of the job's files, such as `features/card_activity_24h`."""
    return JOB.path(name).read_text("utf-8")


def parity_file(name: str) -> str:
    """The text of one of the files of sql/parity."""
    return (PARITY_SQL / f"{name}.sql").read_text("utf-8")


def statements(read: Read = feature_file) -> Iterator[tuple[str, str]]:
    """
    What to run, in order.

    :param read: gives a feature file's text; replaced by tests that plant a mistake.
    :return: file and SQL of each statement; they are the same for every engine.
    """
    for name in ("transactions", "late_payments"):
        yield f"parity/{name}", parity_file(name)
    *history, features = FEATURES
    for file in history:
        yield file, read(file)
        if file == BY_ARRIVAL:
            view = file.rsplit("/", 1)[1]
            yield file, f"ALTER VIEW {view} RENAME TO {view}_by_arrival"
            yield f"parity/{view}", parity_file(view)
    yield "parity/payments_enriched", parity_file("payments_enriched")
    yield features, read(features)
