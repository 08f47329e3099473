-- transactions: the payments of the world that came in time: what a card's history is made of.
--
-- Grain:   one row per transaction_id
-- Reads:   world_payments
-- Window:  none
-- Units:   amount_cents is in minor units of the card currency; *_ms are UTC epoch milliseconds;
--          degrees
-- Late:    none here
-- Source:  stands for sql/payments/sources/transactions.sql, where the watermark decides. One
--          payment in fifty is late, about what a network of gateways shows
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
FROM world_payments
WHERE random_late >= 200
