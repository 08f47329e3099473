-- transactions: the payments that came in time: what a card's history is made of.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_timed
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    none here: every row is ahead of the watermark and in its card's order
-- Source:  docs/architecture.md, "Time"
CREATE TEMPORARY VIEW transactions AS
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
    kafka_offset
FROM payments_timed
WHERE NOT is_late
