-- world_payments: the simulated history, as if it had come through Kafka.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_on_disk
-- Units:   amount_cents is in minor units of the card currency; *_ms are UTC epoch milliseconds;
--          degrees
-- Order:   a history on disk has no arrival times, so it arrives in order of event time, and equal
--          times in the order of the file
-- Source:  docs/model_bundle.md, "What the model has seen". kafka_offset gives the order; numbering
--          the rows would mean sorting them all
CREATE TEMPORARY VIEW world_payments AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    CAST(amount_cents AS BIGINT) AS amount_cents,
    currency,
    channel,
    CAST(latitude AS DOUBLE) AS latitude,
    CAST(longitude AS DOUBLE) AS longitude,
    device_id,
    card_last4,
    CAST(event_ms AS BIGINT) AS event_ms,
    MAKE_TIMESTAMP(CAST(event_ms AS BIGINT) * 1000) AS event_time,
    CAST(NULL AS TIMESTAMP) AS arrived_at,
    CAST(NULL AS INT) AS kafka_partition,
    CAST(event_ms AS BIGINT) * 2097152 + file_row_number % 2097152 AS kafka_offset
FROM payments_on_disk
