-- rejected_at: the rejected messages at some places of the topic.
--
-- Grain:   one row per place that was rejected
-- Reads:   rejected_payments, redriven_messages
-- Source:  the places are two lists of the same length, partitions and offsets
WITH wanted AS (
    SELECT
        kafka_partition,
        kafka_offset
    FROM unnest(%(partitions)s::integer [], %(offsets)s::bigint [])
        AS places (kafka_partition, kafka_offset)
)

SELECT
    r.kafka_topic,
    r.kafka_partition,
    r.kafka_offset,
    r.reason,
    r.arrived_at,
    r.rejected_at,
    r.payload,
    r.is_payload_lost,
    r.redriven_at,
    n.new_partition,
    n.new_offset
FROM wanted AS w
INNER JOIN rejected_payments AS r
    ON w.kafka_partition = r.kafka_partition AND w.kafka_offset = r.kafka_offset
LEFT JOIN LATERAL (
    SELECT
        d.new_partition,
        d.new_offset
    FROM redriven_messages AS d
    WHERE
        d.kafka_topic = r.kafka_topic
        AND d.kafka_partition = r.kafka_partition
        AND d.kafka_offset = r.kafka_offset
    ORDER BY d.redriven_at DESC
    LIMIT 1
) AS n ON TRUE
WHERE r.kafka_topic = %(topic)s
