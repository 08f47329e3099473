-- stored_before: the last offset below the beginning of each partition that any table knows of.
--
-- Grain:   one row per partition asked for
-- Reads:   scored_payments, duplicate_payments, conflicting_payments, rejected_payments,
--          redriven_messages
-- Units:   kafka_offset is NULL if no table knows of one
-- Source:  what lies between it and the beginning was deleted before it was read; the partitions
--          are two lists of the same length. What is of an earlier topic of that name is left out
WITH topic AS (
    SELECT %(topic)s::text AS kafka_topic
),

partitions AS (
    SELECT
        topic.kafka_topic,
        lists.kafka_partition,
        lists.begin_offset,
        topic_begins_at(topic.kafka_topic) AS begins_at
    FROM topic
    CROSS JOIN unnest(%(partitions)s::integer [], %(begins)s::bigint [])
        AS lists (kafka_partition, begin_offset)
)

SELECT
    p.kafka_partition,
    GREATEST(
        (
            SELECT MAX(s.kafka_offset)
            FROM scored_payments AS s
            WHERE
                s.kafka_partition = p.kafka_partition
                AND s.kafka_offset < p.begin_offset
                AND s.arrived_at >= p.begins_at
        ),
        (
            SELECT MAX(d.kafka_offset)
            FROM duplicate_payments AS d
            WHERE
                d.kafka_partition = p.kafka_partition
                AND d.kafka_offset < p.begin_offset
                AND d.kafka_topic = p.kafka_topic
                AND (d.arrived_at >= p.begins_at) IS NOT FALSE
        ),
        (
            SELECT MAX(c.kafka_offset)
            FROM conflicting_payments AS c
            WHERE
                c.kafka_partition = p.kafka_partition
                AND c.kafka_offset < p.begin_offset
                AND c.kafka_topic = p.kafka_topic
                AND (c.arrived_at >= p.begins_at) IS NOT FALSE
        ),
        (
            SELECT MAX(r.kafka_offset)
            FROM rejected_payments AS r
            WHERE
                r.kafka_partition = p.kafka_partition
                AND r.kafka_offset < p.begin_offset
                AND r.kafka_topic = p.kafka_topic
                AND (r.arrived_at >= p.begins_at) IS NOT FALSE
        ),
        (
            SELECT MAX(m.kafka_offset)
            FROM redriven_messages AS m
            WHERE
                m.kafka_partition = p.kafka_partition
                AND m.kafka_offset < p.begin_offset
                AND m.kafka_topic = p.kafka_topic
                AND m.redriven_at AT TIME ZONE 'UTC' >= p.begins_at
        )
    ) AS kafka_offset
FROM partitions AS p
