-- payments_arrived: the stored payments in their order of arrival, with what lookups returned.
--
-- Grain:   one row per transaction_id and true_card_id
-- Reads:   stored_payments
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  customers, merchants and their risk change, so what was known of them comes from the
--          stored row. sql/as_of_arrival/payments_checked.sql gives card_id another meaning
CREATE TEMPORARY VIEW payments_arrived AS
SELECT
    transaction_id,
    card_id AS true_card_id,
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
    arrived_at,
    kafka_partition,
    kafka_offset,
    home_latitude,
    home_longitude,
    home_country,
    utc_offset_minutes,
    account_opened_ms,
    usual_device_id,
    merchant_category,
    merchant_country,
    is_customer_known,
    is_merchant_known,
    merchant_txn_count_1d,
    merchant_txn_count_7d,
    merchant_txn_count_28d,
    merchant_fraud_rate_1d,
    merchant_fraud_rate_7d,
    merchant_fraud_rate_28d,
    merchant_mature_txn_count_1d,
    merchant_mature_txn_count_7d,
    merchant_mature_txn_count_28d,
    merchant_mature_fraud_rate_1d,
    merchant_mature_fraud_rate_7d,
    merchant_mature_fraud_rate_28d,
    merchant_fraud_to_usual_28d,
    merchant_oldest_fraud_35d_ms,
    merchant_newest_fraud_ms,
    is_compared AS is_wanted
FROM stored_payments
