-- payments_timed: each payment once, marked late when its card's history can no longer take it.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_numbered
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    is_late when the payment's partition had moved on 50 ms or more, or its card has shown a
--          newer one. Both follow from the log alone. The watermark is behind the partitions as a
--          rule; it can be ahead of one that was idle, and event-time windows silently drop rows
--          behind it, so it is asked as well.
-- Source:  docs/adr/0009-lateness-follows-from-the-log.md
CREATE TEMPORARY VIEW payments_timed AS
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
    arrived_at,
    kafka_partition,
    kafka_offset,
    is_behind_partition
    OR event_ms < newest_ms
    OR (event_time <= CURRENT_WATERMARK(event_time)) IS TRUE AS is_late
FROM payments_numbered
WHERE copy_number = 1
