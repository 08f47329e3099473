-- payments_enriched: each payment with what is known of its customer and merchant.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payments_with_history, customers_on_disk, merchants_on_disk, merchant_risk_snapshots,
--          lookup_gaps
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  stands for sql/payments/enrich/payments_enriched.sql, which joins by lookups. Some
--          customers, merchants and merchants' risk may stay unknown, as when their records
--          arrive late. The risk is that of the hour the stream would look up, as known then
CREATE TEMPORARY VIEW payments_enriched AS
SELECT
    payments.*,
    customers.home_latitude,
    customers.home_longitude,
    customers.home_country,
    CAST(customers.utc_offset_minutes AS INT) AS utc_offset_minutes,
    EPOCH_MS(customers.account_opened_at) AS account_opened_ms,
    customers.usual_device_id,
    merchants.category AS merchant_category,
    merchants.country AS merchant_country,
    customers.customer_id IS NOT NULL AS is_customer_known,
    merchants.merchant_id IS NOT NULL AS is_merchant_known,
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
CROSS JOIN lookup_gaps AS gaps
LEFT JOIN customers_on_disk AS customers
    ON
        payments.customer_id = customers.customer_id
        AND MD5_NUMBER_LOWER('customer ' || payments.transaction_id) % 10000 >= gaps.in_10000
LEFT JOIN merchants_on_disk AS merchants
    ON
        payments.merchant_id = merchants.merchant_id
        AND MD5_NUMBER_LOWER('merchant ' || payments.transaction_id) % 10000 >= gaps.in_10000
ASOF LEFT JOIN merchant_risk_snapshots AS risk
    ON
        CASE
            WHEN MD5_NUMBER_LOWER('risk ' || payments.transaction_id) % 10000 >= gaps.in_10000
                THEN payments.merchant_id
        END = risk.merchant_id
        AND payments.event_ms - 600000 - MOD(payments.event_ms - 600000, 3600000)
        >= risk.valid_from_ms
