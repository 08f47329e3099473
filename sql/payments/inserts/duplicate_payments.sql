-- duplicate_payments: note every copy of a payment that was seen before.
--
-- Grain:   one row per copy
-- Reads:   payments_numbered
-- Window:  none
-- Units:   copy_number is 2 for the first copy
-- Late:    does not matter to a copy
-- Source:  docs/architecture.md, "Nothing is lost in silence"
INSERT INTO duplicate_payments
SELECT
    kafka_partition,
    kafka_offset,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    transaction_id,
    card_id,
    copy_number,
    CAST(event_time AS TIMESTAMP(3)) AS event_time,
    arrived_at
FROM payments_numbered
WHERE
    copy_number > 1
    -- As in payments_enriched.
    AND kafka_offset
    >= COALESCE(CAST(SPLIT_INDEX('${WRITE_FROM}', ',', kafka_partition) AS BIGINT), 0)
