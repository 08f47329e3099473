-- stored_up_to: the last offset of each partition that a payment is stored of.
--
-- Grain:   one row per partition
-- Reads:   scored_payments
-- Units:   Kafka offsets
-- Source:  what lies behind it in the topic waits for the stream
SELECT
    kafka_partition,
    MAX(kafka_offset) AS kafka_offset
FROM scored_payments
GROUP BY kafka_partition
