-- hourly_payments: how many payments each merchant had in each hour that may still matter.
--
-- Grain:   one row per merchant and hour with a payment
-- Reads:   merchant_payment_counts
-- Window:  35 days before from_ms, up to to_ms
-- Units:   hour_ms is the full hour at or after the payment, UTC epoch milliseconds
-- Source:  input of merchant_risk_snapshots in Postgres
SELECT
    merchant_id,
    hour_ms,
    SUM(payment_count)::bigint AS payment_count
FROM merchant_payment_counts
WHERE hour_ms BETWEEN %(from_ms)s - 3024000000 AND %(to_ms)s
GROUP BY merchant_id, hour_ms
