-- stored_up_to: the last offset of each partition whose payment is stored.
--
-- Grain:   one row per partition
-- Reads:   scored_payments
-- Units:   Kafka offsets
-- Source:  messages after it in the topic wait for the stream
SELECT
    kafka_partition,
    MAX(kafka_offset) AS kafka_offset
FROM scored_payments
GROUP BY kafka_partition
