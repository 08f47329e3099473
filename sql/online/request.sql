-- request: the payment to decide, as if it had just arrived.
--
-- Grain:   one row
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  parameters, in the order of `Request` in serving/decisions/statement.py. `is_past` asks
--          for a card as it was at event_ms: payments with a later time are not seen then
SELECT
    $1::text AS transaction_id,
    $2::text AS card_id,
    $3::text AS customer_id,
    $4::text AS merchant_id,
    $5::bigint AS amount_cents,
    $6::text AS currency,
    $7::text AS channel,
    $8::double precision AS latitude,
    $9::double precision AS longitude,
    $10::text AS device_id,
    $11::text AS card_last4,
    $12::bigint AS event_ms,
    $13::boolean AS is_past,
    (timestamp 'epoch' + $12::bigint * interval '1 millisecond')::timestamp(3) AS event_time
