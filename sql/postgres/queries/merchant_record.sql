-- merchant_record: what is known of a merchant at this hour.
--
-- Grain:   one row
-- Reads:   merchants, merchant_risk, alerts
-- Window:  alerts of the last 7 days
-- Units:   shares from 0 to 1; newest_fraud_at in UTC
WITH wanted AS (
    SELECT %(merchant_id)s::text AS merchant_id
),

now_known AS (
    SELECT r.*
    FROM merchant_risk AS r
    INNER JOIN wanted AS w ON r.merchant_id = w.merchant_id
    ORDER BY r.valid_from_ms DESC
    LIMIT 1
)

SELECT
    w.merchant_id,
    COALESCE(m.name, w.merchant_id) AS merchant,
    m.merchant_id IS NOT NULL AS is_known,
    m.category,
    m.city,
    m.country,
    r.txn_count_7d,
    r.txn_count_28d,
    r.fraud_rate_28d,
    r.mature_fraud_rate_28d,
    TO_TIMESTAMP(r.newest_fraud_ms / 1000.0) AT TIME ZONE 'UTC' AS newest_fraud_at,
    (
        SELECT COUNT(*)
        FROM alerts AS a
        WHERE
            a.merchant_id = w.merchant_id
            AND a.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '7 days'
    ) AS alert_count_7d
FROM wanted AS w
LEFT JOIN merchants AS m ON w.merchant_id = m.merchant_id
LEFT JOIN now_known AS r ON w.merchant_id = r.merchant_id
