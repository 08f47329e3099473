-- rejected_payments: keep every message that is no usable payment, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   messages_rejected
-- Window:  none
-- Units:   none
-- Late:    does not matter to a rejected message
-- Source:  the payload follows from Kafka: swipestream/reject_payloads.py keeps the exact bytes,
--          which SQL no longer has
INSERT INTO rejected_payments
SELECT
    kafka_partition,
    kafka_offset,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    reason,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM messages_rejected
WHERE
    -- As in payments_enriched.
    kafka_offset
    >= COALESCE(CAST(SPLIT_INDEX('${WRITE_FROM}', ',', kafka_partition) AS BIGINT), 0)
