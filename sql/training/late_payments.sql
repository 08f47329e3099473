-- late_payments: the payments of the world that came too late to be part of a card's history.
--
-- Grain:   one row per transaction_id
-- Reads:   world_payments
-- Window:  none
-- Units:   amount_cents is in minor units of the card currency; *_ms are UTC epoch milliseconds;
--          degrees
-- Late:    all of them, so that the model learns to score without history
-- Source:  stands for sql/payments/sources/late_payments.sql
CREATE TEMPORARY VIEW late_payments AS
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
FROM world_payments
WHERE random_late < 200
