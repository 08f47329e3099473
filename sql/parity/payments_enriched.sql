-- payments_enriched: each payment with what the stream's lookups returned, as it was stored.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_with_history, stored_payments
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    enriched like any other
-- Source:  stands for sql/payments/scoring/payments_enriched.sql. Customers, merchants and their
--          risk change, so what was known of them is taken from the stored row
CREATE TEMPORARY VIEW payments_enriched AS
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
    payments.event_time,
    payments.arrived_at,
    payments.kafka_partition,
    payments.kafka_offset,
    payments.previous_ms,
    payments.previous_latitude,
    payments.previous_longitude,
    payments.card_txn_count_7d,
    payments.card_amount_cents_7d,
    payments.card_merchant_count_7d,
    payments.card_txn_count_24h,
    payments.card_amount_cents_24h,
    payments.card_merchant_count_24h,
    payments.card_txn_count_5m,
    payments.card_amount_cents_5m,
    payments.card_merchant_count_5m,
    payments.is_late,
    stored.home_latitude,
    stored.home_longitude,
    stored.home_country,
    stored.utc_offset_minutes,
    stored.account_opened_ms,
    stored.usual_device_id,
    stored.merchant_category,
    stored.merchant_country,
    stored.is_customer_known,
    stored.is_merchant_known,
    stored.merchant_txn_count_1d,
    stored.merchant_txn_count_7d,
    stored.merchant_txn_count_28d,
    stored.merchant_fraud_rate_1d,
    stored.merchant_fraud_rate_7d,
    stored.merchant_fraud_rate_28d,
    stored.merchant_newest_fraud_ms
FROM payments_with_history AS payments
INNER JOIN stored_payments AS stored ON payments.transaction_id = stored.transaction_id
