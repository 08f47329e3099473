-- unaccounted: which of the given messages are in no table.
--
-- Grain:   one row per message, at most 20
-- Reads:   sent_messages, scored_payments, duplicate_payments, conflicting_payments,
--          rejected_payments
-- Source:  a message must be scored, a copy, a conflict, or rejected; anything else is lost
SELECT
    s.kafka_partition,
    s.kafka_offset
FROM sent_messages AS s
WHERE
    NOT EXISTS (
        SELECT 1
        FROM scored_payments AS p
        WHERE p.kafka_partition = s.kafka_partition AND p.kafka_offset = s.kafka_offset
    )
    AND NOT EXISTS (
        SELECT 1
        FROM duplicate_payments AS d
        WHERE
            d.kafka_partition = s.kafka_partition
            AND d.kafka_offset = s.kafka_offset
            AND d.kafka_topic = s.kafka_topic
    )
    AND NOT EXISTS (
        SELECT 1
        FROM conflicting_payments AS c
        WHERE
            c.kafka_partition = s.kafka_partition
            AND c.kafka_offset = s.kafka_offset
            AND c.kafka_topic = s.kafka_topic
    )
    AND NOT EXISTS (
        SELECT 1
        FROM rejected_payments AS r
        WHERE
            r.kafka_partition = s.kafka_partition
            AND r.kafka_offset = s.kafka_offset
            AND r.kafka_topic = s.kafka_topic
    )
ORDER BY s.kafka_partition, s.kafka_offset
LIMIT 20
