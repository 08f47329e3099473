-- merchants_now: what is known of each merchant at this hour.
--
-- Grain:   one row per merchant that has a snapshot
-- Reads:   merchant_risk, merchants
-- Units:   shares of payments known to be fraud, from 0 to 1; times in UTC
-- Source:  the newest snapshot: what the stream joins to a payment that arrives now
CREATE VIEW dashboards.merchants_now AS
SELECT
    r.merchant_id,
    COALESCE(m.name, 'Unknown') AS merchant,
    dashboards.in_words(m.category) AS merchant_category,
    dashboards.country_name(m.country) AS merchant_country,
    m.city AS merchant_city,
    r.txn_count_1d,
    r.txn_count_7d,
    r.txn_count_28d,
    r.fraud_rate_1d,
    r.fraud_rate_7d,
    r.fraud_rate_28d,
    r.txn_count_28d * COALESCE(r.fraud_rate_28d, 0) AS fraud_count_28d,
    TO_TIMESTAMP(r.newest_fraud_ms / 1000.0) AT TIME ZONE 'UTC' AS newest_fraud_at
FROM merchant_risk AS r
LEFT JOIN merchants AS m ON r.merchant_id = m.merchant_id
WHERE
    r.valid_to_ms > EXTRACT(EPOCH FROM NOW()) * 1000
    AND r.valid_from_ms <= EXTRACT(EPOCH FROM NOW()) * 1000
