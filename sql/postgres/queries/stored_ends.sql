-- stored_ends: how far the tables know the topic.
--
-- Grain:   one row per partition asked for
-- Reads:   scored_payments, duplicate_payments, conflicting_payments, rejected_payments
-- Units:   kafka_offset is the last one that any table knows of, NULL if none does;
--          scored_seconds_ago is of the last payment that was scored
-- Source:  by the database's clock, so that a client's does not matter. What is of an earlier topic
--          of that name is left out
WITH topic AS (
    SELECT %(topic)s::text AS kafka_topic
),

partitions AS (
    SELECT
        topic.kafka_topic,
        lists.kafka_partition,
        topic_begins_at(topic.kafka_topic) AS begins_at
    FROM topic
    CROSS JOIN unnest(%(partitions)s::integer []) AS lists (kafka_partition)
),

scored AS (
    SELECT
        n.kafka_partition,
        n.kafka_offset,
        n.scored_at
    FROM partitions AS p
    CROSS JOIN LATERAL (
        SELECT
            s.kafka_partition,
            s.kafka_offset,
            s.scored_at
        FROM scored_payments AS s
        WHERE s.kafka_partition = p.kafka_partition AND s.arrived_at >= p.begins_at
        ORDER BY s.kafka_offset DESC
        LIMIT 1
    ) AS n
)

SELECT
    p.kafka_partition,
    GREATEST(
        s.kafka_offset,
        (
            SELECT MAX(d.kafka_offset)
            FROM duplicate_payments AS d
            WHERE
                d.kafka_partition = p.kafka_partition
                AND d.kafka_topic = p.kafka_topic
                AND (d.arrived_at >= p.begins_at) IS NOT FALSE
        ),
        (
            SELECT MAX(c.kafka_offset)
            FROM conflicting_payments AS c
            WHERE
                c.kafka_partition = p.kafka_partition
                AND c.kafka_topic = p.kafka_topic
                AND (c.arrived_at >= p.begins_at) IS NOT FALSE
        ),
        (
            SELECT MAX(r.kafka_offset)
            FROM rejected_payments AS r
            WHERE
                r.kafka_partition = p.kafka_partition
                AND r.kafka_topic = p.kafka_topic
                AND (r.arrived_at >= p.begins_at) IS NOT FALSE
        )
    ) AS kafka_offset,
    EXTRACT(EPOCH FROM CLOCK_TIMESTAMP() AT TIME ZONE 'UTC' - s.scored_at)::float8
        AS scored_seconds_ago
FROM partitions AS p
LEFT JOIN scored AS s ON p.kafka_partition = s.kafka_partition
