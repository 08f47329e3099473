-- payments_valid: payments that passed every check, in the order Kafka holds them.
--
-- Grain:   one row per well-formed Kafka message, duplicates included; append-only
-- Reads:   messages_in_partition_order
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    passed on; payments_timed decides
-- Source:  docs/architecture.md, "A payment's life"
CREATE TEMPORARY VIEW payments_valid AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    card_last4,
    event_ms,
    event_time,
    proc_time,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    kafka_partition,
    kafka_offset,
    is_behind_partition
FROM messages_in_partition_order
WHERE
    reason IS NULL
    AND NOT is_heartbeat
