"""Stored payments against the log: is each one what was sent, and is each one that was sent there?

Needs the DuckDB tables `stored_payments`, `sent_payments`, `message_times`, `rejected_places`
(places that the stream rejected) and `chosen_cards` (those looked at).
"""

import duckdb

from swipestream.parity.columns import SENT
from swipestream.parity.comparison import Comparison, Difference, compare, first_differences
from swipestream.topic_reading import Stretch

COLUMNS = {name: kind for name, kind in SENT.items() if name != "transaction_id"} | {
    "arrived_at": "TIMESTAMP",
    # Recomputed from the log: what is older than its card or 50 ms behind its partition must be
    # late, and of several copies the first one counts.
    "is_late": "BOOLEAN",
    "kafka_offset": "BIGINT",
}

# The newest time a partition has shown, as `event_time` of sql/payments/sources/payments_topic.sql:
# what is no plausible time moves nothing. Of a list, what its first object knew.
PARTITION_TIMES = """
CREATE OR REPLACE TABLE partition_times AS
WITH times AS (
    SELECT
        kafka_partition,
        kafka_offset,
        position,
        CASE
            WHEN (event_ms BETWEEN 946684800000 AND 4102444800000) IS NOT TRUE THEN 946684800000
            WHEN event_ms > arrived_ms + 300000 THEN 946684800000
            ELSE event_ms
        END AS time_ms
    FROM message_times
),

newest AS (
    SELECT
        kafka_partition,
        kafka_offset,
        MAX(time_ms) OVER (
            PARTITION BY kafka_partition
            ORDER BY kafka_offset, position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS newest_ms
    FROM times
)

SELECT
    kafka_partition,
    kafka_offset,
    MIN(newest_ms) AS newest_ms
FROM newest
GROUP BY kafka_partition, kafka_offset
"""

# `must_be_late` and `first_offset` look at everything that came before in the partition.
ACCEPTED = """
CREATE OR REPLACE TABLE accepted_payments AS
WITH accepted AS (
    SELECT s.*
    FROM sent_payments AS s
    ANTI JOIN rejected_places AS r
        ON s.kafka_partition = r.kafka_partition AND s.kafka_offset = r.kafka_offset
    SEMI JOIN chosen_cards AS c ON s.card_id = c.card_id
),

copied AS (
    SELECT kafka_partition, transaction_id
    FROM accepted
    GROUP BY kafka_partition, transaction_id
    HAVING COUNT(*) > 1
),

-- The stream remembers an identifier for at least a week: `table.exec.state.ttl`.
copies AS (
    SELECT
        a.kafka_partition,
        a.kafka_offset,
        a.transaction_id,
        MIN(a.kafka_offset) OVER (
            PARTITION BY a.kafka_partition, a.transaction_id
            ORDER BY a.arrived_at
            RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW
        ) AS first_offset
    FROM accepted AS a
    SEMI JOIN copied AS c
        ON a.kafka_partition = c.kafka_partition AND a.transaction_id = c.transaction_id
)

SELECT
    a.*,
    MAX(a.event_ms) OVER card_so_far > a.event_ms
    OR a.event_ms <= t.newest_ms - 50 AS must_be_late,
    COALESCE(c.first_offset, a.kafka_offset) AS first_offset
FROM accepted AS a
INNER JOIN partition_times AS t
    ON a.kafka_partition = t.kafka_partition AND a.kafka_offset = t.kafka_offset
LEFT JOIN copies AS c
    ON
        a.kafka_partition = c.kafka_partition
        AND a.kafka_offset = c.kafka_offset
        AND a.transaction_id = c.transaction_id
WINDOW card_so_far AS (PARTITION BY a.kafka_partition, a.card_id ORDER BY a.kafka_offset)
"""

# What the log says of each stored payment; columns as in `stored_payments`.
SENT_PAIRS = """
(
    SELECT *
    FROM stored_payments
    WHERE event_ms >= {since_ms}
) AS stored
INNER JOIN (
    SELECT
        s.* EXCLUDE (kafka_offset),
        s.kafka_offset AS place_offset,
        s.first_offset AS kafka_offset,
        -- Late by the watermark alone cannot be told from the log, so the stored answer stands.
        s.must_be_late OR p.is_late AS is_late
    FROM accepted_payments AS s
    INNER JOIN stored_payments AS p
        ON
            s.kafka_partition = p.kafka_partition
            AND s.kafka_offset = p.kafka_offset
            AND s.transaction_id = p.transaction_id
) AS expected ON stored.transaction_id = expected.transaction_id
"""

LATE_BY_WATERMARK = """
SELECT COUNT(*)
FROM accepted_payments AS s
INNER JOIN stored_payments AS p
    ON
        s.kafka_partition = p.kafka_partition
        AND s.kafka_offset = p.kafka_offset
        AND s.transaction_id = p.transaction_id
WHERE p.event_ms >= ? AND p.is_late AND NOT s.must_be_late
"""

# Stored, and its place is within the log, but no such payment is there.
UNSENT = """
SELECT p.transaction_id
FROM stored_payments AS p
INNER JOIN log_ends AS e ON p.kafka_partition = e.kafka_partition
ANTI JOIN sent_payments AS s
    ON
        p.kafka_partition = s.kafka_partition
        AND p.kafka_offset = s.kafka_offset
        AND p.transaction_id = s.transaction_id
-- Of a message that is no proper JSON the stream may score what it could read, and reject it too.
ANTI JOIN rejected_places AS r
    ON p.kafka_partition = r.kafka_partition AND p.kafka_offset = r.kafka_offset
WHERE
    p.event_ms >= ?
    AND p.kafka_offset >= e.first_offset
    AND p.kafka_offset < e.end_offset
ORDER BY p.event_ms, p.transaction_id
"""

UNSTORED = """
SELECT s.transaction_id
FROM accepted_payments AS s
ANTI JOIN stored_payments AS p ON s.transaction_id = p.transaction_id
WHERE s.event_ms >= ?
GROUP BY s.transaction_id
ORDER BY MIN(s.event_ms), s.transaction_id
"""


def prepare(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> None:
    """
    Make what the checks look at.

    :param stretch: of the topic that `sent_payments` holds.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE log_ends "
        "(kafka_partition INTEGER, first_offset BIGINT, end_offset BIGINT)"
    )
    for number, begin in stretch.begin.items():
        connection.execute(
            "INSERT INTO log_ends VALUES (?, ?, ?)", [number, begin, stretch.end[number]]
        )
    connection.execute(PARTITION_TIMES)
    connection.execute(ACCEPTED)


def compare_with_log(
    connection: duckdb.DuckDBPyConnection, since_ms: int = 0
) -> tuple[list[Comparison], list[Difference]]:
    """Whether stored payments are the ones sent, field by field, with the first that are not."""
    pairs = SENT_PAIRS.format(since_ms=int(since_ms))
    found = compare(connection, pairs, COLUMNS)
    wrong = [(item.name, COLUMNS[item.name]) for item in found if item.mismatched]
    return found, first_differences(connection, pairs, wrong)


def late_by_watermark(connection: duckdb.DuckDBPyConnection, since_ms: int = 0) -> int:
    """How many stored payments are late although the log does not say that they must be."""
    found = connection.execute(LATE_BY_WATERMARK, [since_ms]).fetchone()
    return int(found[0]) if found else 0


def unsent(connection: duckdb.DuckDBPyConnection, since_ms: int = 0) -> list[str]:
    """Payments that are stored but are not where the topic should have them."""
    return [row[0] for row in connection.execute(UNSENT, [since_ms]).fetchall()]


def unstored(connection: duckdb.DuckDBPyConnection, since_ms: int = 0) -> list[str]:
    """Payments that were sent, were not rejected, and are not in `stored_payments`."""
    return [row[0] for row in connection.execute(UNSTORED, [since_ms]).fetchall()]
