-- payments_in_file_order: a history whose rows stand in the order in which they arrived.
--
-- Grain:   one row per row of the file
-- Reads:   payments_on_disk
-- Units:   amount_cents is in minor units of the card currency; *_ms are UTC epoch milliseconds;
--          degrees
-- Order:   kafka_offset is the number of the row, whatever its time
-- Source:  stands for sql/training/world_payments.sql, whose payments arrive in order of time
CREATE TEMPORARY VIEW payments_in_file_order AS
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
    file_row_number AS kafka_offset
FROM payments_on_disk
