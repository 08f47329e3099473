-- outcomes_at: the stored outcomes of the messages at some places of the topic.
--
-- Grain:   one row per place and table that has it
-- Reads:   scored_payments, duplicate_payments, conflicting_payments, rejected_payments
-- Source:  the places are two lists of the same length, partitions and offsets; rows of an earlier
--          topic of the same name are left out
WITH topic AS (
    SELECT %(topic)s::text AS kafka_topic
),

wanted AS (
    SELECT
        topic.kafka_topic,
        (SELECT topic_begins_at(%(topic)s)) AS begins_at,
        places.kafka_partition,
        places.kafka_offset
    FROM topic
    CROSS JOIN unnest(%(partitions)s::integer [], %(offsets)s::bigint [])
        AS places (kafka_partition, kafka_offset)
)

SELECT
    w.kafka_partition,
    w.kafka_offset,
    'scored' AS outcome
FROM wanted AS w
INNER JOIN scored_payments AS p
    ON w.kafka_partition = p.kafka_partition AND w.kafka_offset = p.kafka_offset
WHERE p.arrived_at >= w.begins_at
UNION ALL
SELECT
    w.kafka_partition,
    w.kafka_offset,
    'duplicate' AS outcome
FROM wanted AS w
INNER JOIN duplicate_payments AS d
    ON w.kafka_partition = d.kafka_partition AND w.kafka_offset = d.kafka_offset
WHERE
    d.kafka_topic = w.kafka_topic
    AND (d.arrived_at >= w.begins_at) IS NOT FALSE
UNION ALL
SELECT
    w.kafka_partition,
    w.kafka_offset,
    'conflict' AS outcome
FROM wanted AS w
INNER JOIN conflicting_payments AS c
    ON w.kafka_partition = c.kafka_partition AND w.kafka_offset = c.kafka_offset
WHERE
    c.kafka_topic = w.kafka_topic
    AND (c.arrived_at >= w.begins_at) IS NOT FALSE
UNION ALL
SELECT
    w.kafka_partition,
    w.kafka_offset,
    'rejected' AS outcome
FROM wanted AS w
INNER JOIN rejected_payments AS r
    ON w.kafka_partition = r.kafka_partition AND w.kafka_offset = r.kafka_offset
WHERE
    r.kafka_topic = w.kafka_topic
    AND (r.arrived_at >= w.begins_at) IS NOT FALSE
