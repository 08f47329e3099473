-- stored_ends: how far the tables have the topic.
--
-- Grain:   one row per partition asked for
-- Reads:   scored_payments, and what last_known_offset reads: every table of outcomes
-- Units:   kafka_offset is the last one that any table has, NULL if none does; scored_seconds_ago
--          is the age of the last scored row
-- Source:  by the database's clock, so that the client's does not matter. Rows of an earlier topic
--          of the same name are left out
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
