"""What checking a payment costs the stream: only the production SQL, in a local Flink."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flink_jobs.job import Job
from flink_jobs.pipelines import PAYMENTS
from swipestream.settings import Settings
from swipestream.stack.functions_jar import flink_jars
from swipestream.stack.java import java_home

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment

# A payment as payments_read gives it, by its number; only its identifiers differ.
READ = """
CREATE TEMPORARY VIEW payments_read AS
SELECT
    CAST(NULL AS STRING) AS problem,
    CAST(NULL AS STRING) AS kind,
    {transaction_id} AS transaction_id,
    MD5(CAST(MOD(n, 50000) AS STRING)) AS card_id,
    CONCAT('c-', MD5(CAST(MOD(n, 50000) AS STRING))) AS customer_id,
    CONCAT('m-', CAST(MOD(n, 3000) AS STRING)) AS merchant_id,
    CAST(1250 AS BIGINT) AS amount_cents,
    'EUR' AS currency,
    'online' AS channel,
    CAST(NULL AS DOUBLE) AS latitude,
    CAST(NULL AS DOUBLE) AS longitude,
    CONCAT('d-', CAST(MOD(n, 70000) AS STRING)) AS device_id,
    '1111' AS card_last4,
    CAST(1893456000000 AS BIGINT) AS event_ms,
    TO_TIMESTAMP_LTZ(1893456000000, 3) AS kafka_time,
    0 AS kafka_partition,
    n AS kafka_offset
FROM numbered
"""
TRANSACTION_IDS = {
    "hashes": "MD5(CAST(n AS STRING))",
    "references of 16 digits": "CONCAT('261130', LPAD(CAST(n AS STRING), 10, '0'))",
}
IDENTIFIERS = "transaction_id, card_id, customer_id, merchant_id, device_id"
QUERIES = {
    "read only": f"SELECT {IDENTIFIERS} FROM payments_read",
    "checked": f"SELECT {IDENTIFIERS} FROM payments_checked WHERE reason IS NULL",
}

# Called with the step, how much is done, and of how much.
Tell = Callable[[str, int, int], None]


def microseconds_per_payment(
    sql_root: Path | None, count: int, repeats: int, tell: Tell
) -> dict[str, float]:
    """
    Time of one thread for all checks of a payment, without reading and writing.

    :param sql_root: the folder sql/ of another version; None for this one.
    :param count: payments of a run.
    :param repeats: runs; the quickest counts.
    :return: by the kind of identifiers.
    """
    os.environ["JAVA_HOME"] = str(java_home())
    job = (PAYMENTS.below(sql_root) if sql_root else PAYMENTS).job
    total, done = 2 * (repeats + 1) * len(TRANSACTION_IDS), 0
    costs: dict[str, float] = {}
    for kind, made in TRANSACTION_IDS.items():
        environment = _environment(job, made, count)
        quickest = dict.fromkeys(QUERIES, math.inf)
        for repeat in range(repeats + 1):
            for step, query in QUERIES.items():
                tell(f"{kind}, {step}", done, total)
                begin = time.monotonic()
                environment.execute_sql(f"INSERT INTO nowhere {query}").wait()
                # The first run of each also compiles it.
                if repeat:
                    quickest[step] = min(quickest[step], time.monotonic() - begin)
                done += 1
        costs[kind] = (quickest["checked"] - quickest["read only"]) / count * 1e6
    return costs


def _environment(job: Job, transaction_id: str, count: int) -> "TableEnvironment":
    """Made-up payments, and the stream's own checks of them."""
    from flink_jobs.job import job_settings
    from flink_jobs.runner import table_environment

    settings = Settings.load()
    values = job_settings(job, {"MODEL_DIR": "nowhere"})
    environment = table_environment(job, values, [path.as_uri() for path in flink_jars(settings)])
    environment.execute_sql(
        "CREATE TEMPORARY TABLE numbered (n BIGINT) WITH ('connector' = 'datagen',"
        " 'rows-per-second' = '1000000000',"
        " 'fields.n.kind' = 'sequence', 'fields.n.start' = '0',"
        f" 'fields.n.end' = '{count - 1}')"
    )
    environment.execute_sql(
        "CREATE TEMPORARY TABLE nowhere (a STRING, b STRING, c STRING, d STRING, e STRING)"
        " WITH ('connector' = 'blackhole')"
    )
    environment.execute_sql(READ.format(transaction_id=transaction_id))
    environment.execute_sql(job.statement("intake/payments_checked", values))
    return environment
