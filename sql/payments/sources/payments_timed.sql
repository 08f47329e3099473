-- payments_timed: each payment once, marked late when its card's history can no longer take it.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_numbered
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    is_late when the watermark has passed the payment, or its card has shown a newer one.
--          Both are needed: an event-time window silently drops rows behind the watermark, and
--          after a restart the watermark starts over while the windows' state does not.
-- Source:  docs/architecture.md, "Time"
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
    (event_time <= CURRENT_WATERMARK(event_time)) IS TRUE OR event_ms < newest_ms AS is_late
FROM payments_numbered
WHERE copy_number = 1
