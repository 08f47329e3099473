"""Stored payments against the log: is each one what was sent, and is each one that was sent there?

Needs the DuckDB tables `stored_payments`, `sent_payments`, `chosen_cards` (those looked at),
`rejected_places` and `noted_places`.
"""

import duckdb

from swipestream.verify.parity.columns import SENT
from swipestream.verify.parity.comparison import Comparison, Difference, compare, first_differences
from swipestream.verify.parity.feature_views import sql_text
from swipestream.verify.topic_reading import Stretch

COLUMNS = {name: kind for name, kind in SENT.items() if name != "transaction_id"} | {
    "arrived_at": "TIMESTAMP",
}

# An earlier version's decisions about copies and age followed other rules, so they are judged only
# behind what it stored last.
LOG_ENDS = """
CREATE OR REPLACE TABLE log_ends AS
SELECT
    *,
    $since_ms AS since_ms,
    COALESCE(
        (
            SELECT 1 + MAX(p.kafka_offset)
            FROM stored_payments AS p
            WHERE p.kafka_partition = e.kafka_partition AND p.came_behind_ms IS NULL
        ),
        0
    ) AS judged_from_offset
FROM read_stretch AS e
"""

# All that could be read and were not rejected for what they are, with what the stream said of them:
# NULL of those to be scored.
ARRIVED = """
CREATE OR REPLACE TABLE arrived_payments AS
SELECT
    s.* REPLACE (
        -- As sql/payments/intake/payments_checked.sql takes it.
        CASE WHEN regexp_full_match(s.card_last4, '[0-9]{1,4}') THEN lpad(s.card_last4, 4, '0') END
        AS card_last4
    ),
    CASE WHEN r.is_too_old THEN 'rejected as too old' ELSE n.outcome END AS outcome,
    -- By the newest payment of the card that is scored.
    MAX(CASE WHEN NOT COALESCE(r.is_too_old, n.outcome IS NOT NULL) THEN s.event_ms END) OVER so_far
        AS newest_ms,
    COUNT(*) OVER so_far AS card_count
FROM sent_payments AS s
SEMI JOIN chosen_cards AS c ON s.card_id = c.card_id
LEFT JOIN rejected_places AS r
    ON s.kafka_partition = r.kafka_partition AND s.kafka_offset = r.kafka_offset
LEFT JOIN noted_places AS n
    ON s.kafka_partition = n.kafka_partition AND s.kafka_offset = n.kafka_offset
WHERE r.is_too_old IS DISTINCT FROM FALSE
WINDOW so_far AS (PARTITION BY s.kafka_partition, s.card_id ORDER BY s.kafka_offset)
"""

# What the log says of each stored payment; columns as in `stored_payments`.
SENT_PAIRS = """
(
    SELECT *
    FROM stored_payments
    WHERE is_compared
) AS stored
INNER JOIN arrived_payments AS expected
    ON
        stored.kafka_partition = expected.kafka_partition
        AND stored.kafka_offset = expected.kafka_offset
        AND stored.transaction_id = expected.transaction_id
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
WHERE
    p.is_compared
    AND p.kafka_offset >= e.first_offset
    AND p.kafka_offset < e.end_offset
ORDER BY p.event_ms, p.transaction_id
"""

UNSTORED = """
SELECT a.transaction_id
FROM arrived_payments AS a
ANTI JOIN stored_payments AS p ON a.transaction_id = p.transaction_id AND a.card_id = p.card_id
ANTI JOIN stored_meanwhile AS m ON a.transaction_id = m.transaction_id AND a.card_id = m.card_id
WHERE a.outcome IS NULL AND a.event_ms >= (SELECT MIN(since_ms) FROM log_ends)
GROUP BY a.transaction_id, a.card_id
ORDER BY MIN(a.event_ms), a.transaction_id
"""


def prepare(connection: duckdb.DuckDBPyConnection, stretch: Stretch, since_ms: int = 0) -> None:
    """
    Make what the checks look at.

    :param stretch: of the topic that `sent_payments` holds.
    :param since_ms: older payments are not looked at.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE read_stretch "
        "(kafka_partition INTEGER, first_offset BIGINT, end_offset BIGINT)"
    )
    for number, begin in stretch.begin.items():
        connection.execute(
            "INSERT INTO read_stretch VALUES (?, ?, ?)", [number, begin, stretch.end[number]]
        )
    connection.execute(
        "CREATE OR REPLACE TABLE stored_meanwhile (transaction_id VARCHAR, card_id VARCHAR)"
    )
    connection.execute(LOG_ENDS, {"since_ms": since_ms})
    connection.execute(ARRIVED)


def compare_with_log(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[list[Comparison], list[Difference]]:
    """Whether stored payments are the ones sent, field by field, with the first that are not."""
    found = compare(connection, SENT_PAIRS, COLUMNS)
    wrong = [(item.name, COLUMNS[item.name]) for item in found if item.mismatched]
    return found, first_differences(connection, SENT_PAIRS, wrong)


def unsent(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Payments that are stored but are not where the topic should have them."""
    return [row[0] for row in connection.execute(UNSENT).fetchall()]


def unstored(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Payments that were sent, of which nothing else became, and that are not stored."""
    return [row[0] for row in connection.execute(UNSTORED).fetchall()]


def misjudged(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """A line for each message of which something else became than the log says."""
    rows = connection.execute(sql_text("parity/log/misjudged_messages")).fetchall()
    return [
        f"{partition}:{offset} {name} is {found}, should be {expected}"
        for partition, offset, name, found, expected in rows
    ]
