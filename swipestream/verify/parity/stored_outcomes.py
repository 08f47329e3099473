"""What the stream said of messages that it did not score: rejected, copies, conflicts."""

from typing import Any

import duckdb
import psycopg
import pyarrow as pa
from psycopg.rows import TupleRow

from swipestream.verify.topic_reading import Stretch

# As sql/payments/store/inserts/rejected_payments.sql has it.
TOO_OLD = "event_ms is more than 32 days before the newest of its card"

IN_LOG = """
INNER JOIN
    UNNEST(%(partitions)s::int [], %(begins)s::bigint []) AS log (kafka_partition, first_offset)
    ON m.kafka_partition = log.kafka_partition AND m.kafka_offset >= log.first_offset
"""
# As sql/postgres/queries/outcomes_at.sql has it.
OF_THIS_TOPIC = "(m.arrived_at >= (SELECT topic_begins_at(%(topic)s))) IS NOT FALSE"
REJECTED = f"""
SELECT m.kafka_partition, m.kafka_offset, m.reason = %(too_old)s AS is_too_old
FROM rejected_payments AS m {IN_LOG}
WHERE m.kafka_topic = %(topic)s AND {OF_THIS_TOPIC}
"""
# With what is stored under the same number and card.
NOTED = f"""
WITH noted AS (
    SELECT
        kafka_topic,
        kafka_partition,
        kafka_offset,
        arrived_at,
        transaction_id,
        card_id,
        'duplicate' AS outcome
    FROM duplicate_payments
    UNION ALL
    SELECT
        kafka_topic,
        kafka_partition,
        kafka_offset,
        arrived_at,
        transaction_id,
        card_id,
        'conflict: ' || reason AS outcome
    FROM conflicting_payments
)

SELECT
    m.kafka_partition,
    m.kafka_offset,
    m.transaction_id,
    m.card_id,
    m.outcome,
    s.kafka_partition AS first_partition,
    s.kafka_offset AS first_offset,
    s.amount_cents AS first_amount_cents,
    s.merchant_id AS first_merchant_id,
    s.event_ms AS first_event_ms
FROM noted AS m {IN_LOG}
LEFT JOIN scored_payments AS s
    ON
        m.transaction_id = s.transaction_id
        AND m.card_id = s.card_id
        AND s.arrived_at >= (SELECT topic_begins_at(%(topic)s))
WHERE m.kafka_topic = %(topic)s AND {OF_THIS_TOPIC}
"""
REJECTED_SCHEMA = pa.schema(
    [("kafka_partition", pa.int32()), ("kafka_offset", pa.int64()), ("is_too_old", pa.bool_())]
)
NOTED_SCHEMA = pa.schema(
    [
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("transaction_id", pa.string()),
        ("card_id", pa.string()),
        ("outcome", pa.string()),
        ("first_partition", pa.int32()),
        ("first_offset", pa.int64()),
        ("first_amount_cents", pa.int64()),
        ("first_merchant_id", pa.string()),
        ("first_event_ms", pa.int64()),
    ]
)


def load_outcomes(
    postgres: psycopg.Connection[TupleRow],
    connection: duckdb.DuckDBPyConnection,
    topic: str,
    stretch: Stretch,
) -> None:
    """
    Fill the DuckDB tables `rejected_places` and `noted_places`.

    :param stretch: of the topic; what lies before it is left out.
    """
    parameters = {
        "topic": topic,
        "too_old": TOO_OLD,
        "partitions": list(stretch.begin),
        "begins": list(stretch.begin.values()),
    }
    create_outcomes(
        connection,
        postgres.execute(REJECTED, parameters).fetchall(),
        postgres.execute(NOTED, parameters).fetchall(),
    )


def create_outcomes(
    connection: duckdb.DuckDBPyConnection,
    rejected: list[tuple[Any, ...]],
    noted: list[tuple[Any, ...]],
) -> None:
    """
    Recreate both tables.

    :param rejected: rows of `REJECTED_SCHEMA`.
    :param noted: rows of `NOTED_SCHEMA`.
    """
    for table, schema, rows in (
        ("rejected_places", REJECTED_SCHEMA, rejected),
        ("noted_places", NOTED_SCHEMA, noted),
    ):
        columns = zip(*rows, strict=True) if rows else [()] * len(schema)
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
        ]
        connection.register("outcomes_batch", pa.Table.from_arrays(arrays, schema=schema))
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM outcomes_batch")
        connection.unregister("outcomes_batch")
