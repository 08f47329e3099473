"""What it costs the stream to check a payment: the production SQL in a local Flink alone."""

import dataclasses
import os
import time
from pathlib import Path

from flink_jobs.job import Job
from flink_jobs.score_payments import JOB
from swipestream.settings import Settings
from swipestream.stack.functions_jar import flink_jars
from swipestream.stack.java import java_home

# A payment as payments_read gives it, by its number; what is not identifying is the same in all.
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
UNCHECKED = "SELECT transaction_id, card_id, customer_id, merchant_id, device_id FROM payments_read"
CHECKED = (
    "SELECT transaction_id, card_id, customer_id, merchant_id, device_id FROM payments_checked"
    " WHERE reason IS NULL"
)


def microseconds_per_payment(sql_root: Path | None, count: int, repeats: int) -> dict[str, float]:
    """
    Time of one thread for all checks of a payment, reading and writing taken off.

    :param sql_root: the folder sql/ of another version; None for this one.
    :param repeats: runs; the quickest counts.
    :return: by the kind of identifiers.
    """
    os.environ["JAVA_HOME"] = str(java_home())
    job = dataclasses.replace(JOB, root=sql_root) if sql_root else JOB
    return {kind: _cost(job, made, count, repeats) for kind, made in TRANSACTION_IDS.items()}


def _cost(job: Job, transaction_id: str, count: int, repeats: int) -> float:
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

    def seconds(query: str) -> float:
        begin = time.monotonic()
        environment.execute_sql(f"INSERT INTO nowhere {query}").wait()
        return time.monotonic() - begin

    # The first run of each also compiles it.
    runs = [(seconds(UNCHECKED), seconds(CHECKED)) for _ in range(repeats + 1)][1:]
    plain, checked = (min(column) for column in zip(*runs, strict=True))
    return float(checked - plain) / count * 1e6
