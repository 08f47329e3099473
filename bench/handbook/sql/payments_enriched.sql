-- payments_enriched: each payment with what was known of its merchant at the hour it looks up.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_with_history, merchant_risk_snapshots
-- Units:   *_cents are minor units of the currency; *_ms are UTC epoch milliseconds
-- Source:  stands for sql/payments/enrich/payments_enriched.sql; the book knows nothing else of
--          customers and terminals
CREATE TEMPORARY VIEW payments_enriched AS
SELECT
    payments.*,
    CAST(NULL AS DOUBLE) AS home_latitude,
    CAST(NULL AS DOUBLE) AS home_longitude,
    CAST(NULL AS TEXT) AS home_country,
    0 AS utc_offset_minutes,
    CAST(NULL AS BIGINT) AS account_opened_ms,
    CAST(NULL AS TEXT) AS usual_device_id,
    CAST(NULL AS TEXT) AS merchant_category,
    CAST(NULL AS TEXT) AS merchant_country,
    FALSE AS is_customer_known,
    FALSE AS is_merchant_known,
    risk.txn_count_1d AS merchant_txn_count_1d,
    risk.txn_count_7d AS merchant_txn_count_7d,
    risk.txn_count_28d AS merchant_txn_count_28d,
    risk.fraud_rate_1d AS merchant_fraud_rate_1d,
    risk.fraud_rate_7d AS merchant_fraud_rate_7d,
    risk.fraud_rate_28d AS merchant_fraud_rate_28d,
    risk.mature_txn_count_1d AS merchant_mature_txn_count_1d,
    risk.mature_txn_count_7d AS merchant_mature_txn_count_7d,
    risk.mature_txn_count_28d AS merchant_mature_txn_count_28d,
    risk.mature_fraud_rate_1d AS merchant_mature_fraud_rate_1d,
    risk.mature_fraud_rate_7d AS merchant_mature_fraud_rate_7d,
    risk.mature_fraud_rate_28d AS merchant_mature_fraud_rate_28d,
    risk.fraud_to_usual_28d AS merchant_fraud_to_usual_28d,
    risk.oldest_fraud_35d_ms AS merchant_oldest_fraud_35d_ms,
    risk.newest_fraud_ms AS merchant_newest_fraud_ms
FROM payments_with_history AS payments
ASOF LEFT JOIN merchant_risk_snapshots AS risk
    ON
        payments.merchant_id = risk.merchant_id
        AND payments.event_ms - 600000 - MOD(payments.event_ms - 600000, 3600000)
        >= risk.valid_from_ms
