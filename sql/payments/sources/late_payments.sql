-- late_payments: the payments that came too late to be part of their card's history.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_timed
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    all of them; they are scored without history and never counted in anyone's
-- Source:  docs/architecture.md, "Time"
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
FROM payments_timed
WHERE is_late
