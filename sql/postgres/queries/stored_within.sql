-- stored_within: how many payments of some ranges of the topic are stored.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Source:  the ranges are three lists of the same length; an end is the offset after the last. Rows
--          of an earlier topic of the same name are left out
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
