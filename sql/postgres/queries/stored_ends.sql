-- stored_ends: how far the tables know the topic.
--
-- Grain:   one row per partition asked for
-- Reads:   scored_payments, and what last_known_offset reads: every table of outcomes
-- Units:   kafka_offset is the last one that any table knows of, NULL if none does;
--          scored_seconds_ago is of the last payment that was scored
-- Source:  by the database's clock, so that a client's does not matter. What is of an earlier topic
--          of that name is left out
WITH partitions AS (
    SELECT
        kafka_partition,
        last_known_offset(%(topic)s, kafka_partition, 9223372036854775807) AS kafka_offset,
        (SELECT topic_begins_at(%(topic)s)) AS begins_at
    FROM unnest(%(partitions)s::integer []) AS lists (kafka_partition)
),

scored AS (
    SELECT
        n.kafka_partition,
        n.scored_at
    FROM partitions AS p
    CROSS JOIN LATERAL (
        SELECT
            s.kafka_partition,
            s.scored_at
        FROM scored_payments AS s
        WHERE s.kafka_partition = p.kafka_partition AND s.arrived_at >= p.begins_at
        ORDER BY s.kafka_offset DESC
        LIMIT 1
    ) AS n
)

SELECT
    p.kafka_partition,
    p.kafka_offset,
    EXTRACT(EPOCH FROM CLOCK_TIMESTAMP() AT TIME ZONE 'UTC' - s.scored_at)::float8
        AS scored_seconds_ago
FROM partitions AS p
LEFT JOIN scored AS s ON p.kafka_partition = s.kafka_partition
