-- payment_to_ask_about: a stored payment as it arrived.
--
-- Grain:   one row, or none
-- Reads:   scored_payments
-- Units:   as in scored_payments
SELECT
    card_id,
    event_ms,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    kafka_partition,
    kafka_offset
FROM scored_payments
WHERE card_id = %(card_id)s AND transaction_id = %(transaction_id)s
