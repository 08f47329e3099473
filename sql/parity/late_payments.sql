-- late_payments: the stored payments that came too late to be part of their card's history.
--
-- Grain:   one row per transaction_id
-- Reads:   stored_payments
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    all of them: is_late is taken from the stored row
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
FROM stored_payments
WHERE is_late
