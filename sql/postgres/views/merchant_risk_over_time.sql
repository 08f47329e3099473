-- merchant_risk_over_time: what was known of each merchant, every six hours.
--
-- Grain:   one row per merchant and sixth hour
-- Reads:   merchant_risk_hourly, merchants
-- Units:   counts of the 28 days before; event_time in UTC. Divide sums, do not average shares
-- Source:  the snapshots that the stream joined at that hour
CREATE VIEW dashboards.merchant_risk_over_time AS
SELECT
    TO_TIMESTAMP(h.hour_ms / 1000.0) AT TIME ZONE 'UTC' AS event_time,
    h.merchant_id,
    COALESCE(m.name, 'Unknown') AS merchant,
    dashboards.in_words(m.category) AS merchant_category,
    dashboards.country_name(m.country) AS merchant_country,
    h.txn_count_28d AS payment_count_28d,
    h.txn_count_28d * COALESCE(h.fraud_rate_28d, 0) AS fraud_count_28d
FROM merchant_risk_hourly AS h
LEFT JOIN merchants AS m ON h.merchant_id = m.merchant_id
WHERE MOD(h.hour_ms, 21600000) = 0
