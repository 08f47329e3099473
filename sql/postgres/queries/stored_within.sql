-- stored_within: how many payments are stored of stretches of the topic.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Source:  the stretches are three lists of the same length; an end is the offset after the last.
--          What is of an earlier topic of that name is left out
WITH stretches AS (
    SELECT
        kafka_partition,
        begin_offset,
        end_offset
    FROM unnest(%(partitions)s::integer [], %(begins)s::bigint [], %(ends)s::bigint [])
        AS lists (kafka_partition, begin_offset, end_offset)
)

SELECT COUNT(*) AS payment_count
FROM stretches AS s
INNER JOIN scored_payments AS p
    ON
        s.kafka_partition = p.kafka_partition
        AND s.begin_offset <= p.kafka_offset
        AND s.end_offset > p.kafka_offset
WHERE p.arrived_at >= (SELECT topic_begins_at(%(topic)s))
