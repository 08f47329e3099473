-- count_payments: count the payments that were stored since the last refresh, by merchant and hour.
--
-- Grain:   one row per merchant, hour of the payment and hour of storing; counted again until both
--          hours are over, then left alone
-- Reads:   scored_payments, merchant_payment_counts
-- Window:  payments stored from stored_from_ms on
-- Units:   *_ms are UTC epoch milliseconds; hour_ms is the full hour at or after the payment
-- Order:   a payment that is stored days late counts in the hour of its own time, from the next
--          refresh on
-- Source:  docs/adr/0013-merchant-risk-on-an-hour-grid.md
INSERT INTO merchant_payment_counts (merchant_id, hour_ms, stored_hour_ms, payment_count)
WITH stored AS (
    SELECT
        merchant_id,
        event_ms + MOD(3600000 - MOD(event_ms, 3600000), 3600000) AS hour_ms,
        (EXTRACT(EPOCH FROM DATE_TRUNC('hour', stored_at, 'UTC')) * 1000)::bigint AS stored_hour_ms
    FROM scored_payments
    WHERE
        stored_at >= TO_TIMESTAMP(%(stored_from_ms)s / 1000) -- noqa: CP02
        -- Hours that were counted elsewhere are complete.
        AND event_ms > COALESCE(
            (
                SELECT MAX(counts.hour_ms)
                FROM merchant_payment_counts AS counts
                WHERE counts.stored_hour_ms = 0
            ),
            0
        )
)

SELECT
    merchant_id,
    hour_ms,
    stored_hour_ms,
    COUNT(*) AS payment_count
FROM stored
GROUP BY merchant_id, hour_ms, stored_hour_ms
ON CONFLICT (hour_ms, merchant_id, stored_hour_ms)
DO UPDATE
    SET payment_count = excluded.payment_count
    WHERE merchant_payment_counts.payment_count <> excluded.payment_count
