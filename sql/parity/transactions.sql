-- transactions: the stored payments that came in time, with the order of their arrival.
--
-- Grain:   one row per transaction_id
-- Reads:   stored_payments
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    none here: is_late is taken from the stored row
-- Source:  stands for sql/payments/sources/transactions.sql. Of two payments of a card at the same
--          millisecond the stream takes the one that arrived first as the earlier. So here
--          event_time is the pair of time and offset, until card_previous_payment has been read
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
    ARRAY[event_ms, kafka_offset] AS event_time,
    arrived_at,
    kafka_partition,
    kafka_offset
FROM stored_payments
WHERE NOT is_late
