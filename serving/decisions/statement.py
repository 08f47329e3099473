"""
The one statement that computes a payment's features in PostgreSQL: the stream's own SQL files.

What runs in Flink as a view is a part of a WITH here, with the file's text as it is. Around those
stand the files of sql/online: for Kafka, the card's stored payments and the payment to decide.
"""

import re
from collections.abc import Callable
from functools import cache

from flink_jobs.job import JobFilesError
from flink_jobs.pipelines import PAYMENTS
from flink_jobs.tables_at_rest import at_rest
from swipestream.settings import REPO_ROOT

SQL_ROOT = REPO_ROOT / "sql"
# In order; each is named for the relation it makes.
FILES = (
    "online/request",
    "online/card_payments",
    "online/payments_checked",
    *(f"{PAYMENTS.job.folder}/{file}" for file in PAYMENTS.history_files),
    "online/payments_with_history",
    "online/customers",
    "online/merchants",
    "online/merchant_risk_days",
    f"{PAYMENTS.job.folder}/enrich/payments_enriched",
    f"{PAYMENTS.job.folder}/{PAYMENTS.features_file}",
)
ANSWER_FILE = "online/asked_payment"
# The parameters $1, $2, ... of sql/online/request.sql.
PARAMETERS = (
    *("transaction_id", "card_id", "customer_id", "merchant_id", "amount_cents", "currency"),
    *("channel", "latitude", "longitude", "device_id", "card_last4", "event_ms", "is_past"),
)

Read = Callable[[str], str]

_VIEW = re.compile(r"^CREATE TEMPORARY VIEW (\w+) AS\n", re.MULTILINE)
_INTERVAL = re.compile(r"INTERVAL '\d+' [A-Z]+")
_COUNT_DISTINCT = re.compile(r"\bCOUNT\(DISTINCT ([a-z_][a-z0-9_]*)\) OVER\b")


def sql_text(file: str) -> str:
    """The text of a file, such as `payments/history/card_activity`."""
    return (SQL_ROOT / f"{file}.sql").read_text("utf-8")


def for_postgres(file: str, text: str, checked: str) -> str:
    """
    A production view as PostgreSQL reads it: the same text with what it lacks replaced.

    :param file: below sql/.
    :param text: of the file.
    :param checked: the text of the file that prepares rows for all windows.
    :raises JobFilesError: that does not know a window's length or a `COUNT(DISTINCT x)`.
    """
    for length in _INTERVAL.findall(text):
        if length not in checked:
            raise JobFilesError(
                f"sql/{file}.sql has a window of {length}, and sql/online/payments_checked.sql "
                "does not know it",
                "add it there to the event_time of earlier payments",
            )
    for name in _COUNT_DISTINCT.findall(text):
        if f"AS distinct_{name}" not in checked:
            raise JobFilesError(
                f"sql/{file}.sql counts different {name}, and sql/online/payments_checked.sql has "
                f"no distinct_{name}",
                "add it there as distinct_merchant_id is made",
            )
    text = _COUNT_DISTINCT.sub(r"COUNT(distinct_\1) OVER", text)
    if "COUNT(DISTINCT" in text:
        raise JobFilesError(
            f"sql/{file}.sql has a COUNT(DISTINCT ...) that is not followed by OVER",
            "write COUNT(DISTINCT x) OVER window, without a FILTER",
        )
    return at_rest(text).replace("PROCTIME()", "CLOCK_TIMESTAMP()")


def body(file: str, read: Read = sql_text) -> tuple[str, str]:
    """
    One part of the statement.

    :param file: below sql/.
    :param read: gives a file's text; replaced by tests.
    :return: the relation's name, and its query as PostgreSQL reads it.
    """
    text = read(file)
    if file.startswith("online/"):
        return file.removeprefix("online/"), text
    header, name, query = _VIEW.split(text)
    return name, header + for_postgres(file, query, read("online/payments_checked"))


@cache
def statement(read: Read = sql_text) -> str:
    """
    The whole statement, with `PARAMETERS` as $1, $2, ...

    :raises JobFilesError: a file has what PostgreSQL lacks and no replacement is known for.
    """
    parts = ",\n\n".join(
        f"{name} AS (\n{query}\n)" for name, query in (body(f, read) for f in FILES)
    )
    # The last file begins with another WITH.
    return f"WITH {parts},\n\n{read(ANSWER_FILE).replace('WITH ', '', 1)}"
