-- hourly_payments: how many payments each merchant of the world had in each hour.
--
-- Grain:   one row per merchant and hour with a payment
-- Reads:   world_payments
-- Units:   hour_ms is the full hour at or after the payment, UTC epoch milliseconds
-- Source:  stands for sql/merchant_risk/hourly_payments.sql
CREATE TEMPORARY VIEW hourly_payments AS
SELECT
    merchant_id,
    event_ms + MOD(3600000 - MOD(event_ms, 3600000), 3600000) AS hour_ms,
    COUNT(*) AS payment_count
FROM world_payments
GROUP BY
    merchant_id,
    event_ms + MOD(3600000 - MOD(event_ms, 3600000), 3600000)
