-- card_previous_payment: the payment before, found by order of arrival; event_time is a time again.
--
-- Grain:   one row per transaction_id
-- Reads:   card_previous_payment_by_arrival
-- Window:  none of its own
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    none here
-- Source:  card_previous_payment_by_arrival is the view of
--          sql/payments/features/card_previous_payment.sql, renamed. The windows that follow need
--          payments of the same millisecond to be equals. Days and milliseconds apart, because
--          DuckDB multiplies an interval by 32 bits only
CREATE TEMPORARY VIEW card_previous_payment AS
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
    CAST('1970-01-01' AS TIMESTAMP)
    + event_ms / 86400000 * INTERVAL '1' DAY
    + MOD(event_ms, 86400000) * INTERVAL '0.001' SECOND AS event_time,
    arrived_at,
    kafka_partition,
    kafka_offset,
    previous_ms,
    previous_latitude,
    previous_longitude
FROM card_previous_payment_by_arrival
