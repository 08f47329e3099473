-- payments_checked: the request behind the payments of its card.
--
-- Grain:   one row per transaction_id and card_id; `is_asked` is true for the request alone
-- Reads:   request, card_payments
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Order:   the request arrives last
-- Source:  stands for sql/payments/intake/payments_checked.sql; the API has checked the request.
--          Only the windows that end at the request are right. PostgreSQL has no
--          COUNT(DISTINCT x) OVER: in a window that ends at the request, the number of different x
--          is the number of rows that are the last one with their x, and these alone have a
--          distinct_x. A window whose begin moves row by row costs as much as all windows are long:
--          so an earlier payment's event_time is that at which the shortest window with it begins
WITH payments AS (
    SELECT
        *,
        FALSE AS is_asked
    FROM card_payments
    UNION ALL
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
        -1 AS kafka_partition,
        9223372036854775807 AS kafka_offset,
        TRUE AS is_asked
    FROM request
)

SELECT
    payments.transaction_id,
    payments.card_id,
    payments.customer_id,
    payments.merchant_id,
    payments.amount_cents,
    payments.currency,
    payments.channel,
    payments.latitude,
    payments.longitude,
    payments.device_id,
    payments.card_last4,
    payments.event_ms,
    payments.kafka_partition,
    payments.kafka_offset,
    payments.is_asked,
    CASE
        WHEN payments.event_time >= request.event_time THEN payments.event_time
        WHEN payments.event_time >= request.event_time - INTERVAL '5' MINUTE
            THEN request.event_time - INTERVAL '5' MINUTE
        WHEN payments.event_time >= request.event_time - INTERVAL '24' HOUR
            THEN request.event_time - INTERVAL '24' HOUR
        WHEN payments.event_time >= request.event_time - INTERVAL '7' DAY
            THEN request.event_time - INTERVAL '7' DAY
        WHEN payments.event_time >= request.event_time - INTERVAL '14' DAY
            THEN request.event_time - INTERVAL '14' DAY
        ELSE request.event_time - INTERVAL '30' DAY
    END AS event_time,
    CASE
        WHEN ROW_NUMBER() OVER (
            PARTITION BY
                payments.merchant_id COLLATE pg_catalog."C", payments.event_ms <= request.event_ms
            ORDER BY payments.event_ms DESC
        ) = 1 AND payments.event_ms <= request.event_ms THEN payments.merchant_id
    END AS distinct_merchant_id
FROM payments
CROSS JOIN request
