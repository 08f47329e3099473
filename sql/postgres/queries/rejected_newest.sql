-- rejected_newest: the messages that were rejected most recently.
--
-- Grain:   one row per rejected message
-- Reads:   rejected_payments, redriven_messages
-- Source:  new_partition and new_offset say where the message is if it was sent again
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
FROM rejected_payments AS r
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
WHERE r.kafka_topic = %(topic)s AND STRPOS(LOWER(r.reason), LOWER(%(text)s)) > 0
ORDER BY r.arrived_at DESC, r.kafka_partition, r.kafka_offset DESC
LIMIT %(limit)s
