-- payments_enriched: each payment with what was known of its customer and merchant when scored.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_with_history, customers, merchants, merchant_risk_days
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    enriched like any other
-- Source:  a lookup, not a stream join: it keeps no state, and its answer is stored with the score
CREATE TEMPORARY VIEW payments_enriched AS
WITH payments AS (
    SELECT
        transaction_id,
        card_id,
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
        previous_ms,
        previous_latitude,
        previous_longitude,
        card_txn_count_7d,
        card_amount_cents_7d,
        card_merchant_count_7d,
        card_txn_count_24h,
        card_amount_cents_24h,
        card_merchant_count_24h,
        card_txn_count_5m,
        card_amount_cents_5m,
        card_merchant_count_5m,
        is_late,
        -- The newest full hour at least 10 minutes before the payment: by now its snapshot is
        -- there, and a replay asks for the same one. It is looked up with all of its day.
        event_ms - 600000 - MOD(event_ms - 600000, 3600000) AS risk_hour_ms,
        event_ms - 600000 - MOD(event_ms - 600000, 86400000) AS risk_day_ms,
        PROCTIME() AS looked_up_at
    FROM payments_with_history
    WHERE
        -- A rebuild (swipestream upgrade --rebuild) reads old payments again for their history's
        -- sake. What is below these offsets, one per partition, is stored already.
        kafka_offset
        >= COALESCE(CAST(SPLIT_INDEX('${WRITE_FROM}', ',', kafka_partition) AS BIGINT), 0)
)

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
    customers.home_latitude,
    customers.home_longitude,
    customers.home_country,
    customers.utc_offset_minutes,
    customers.account_opened_ms,
    customers.usual_device_id,
    merchants.category AS merchant_category,
    merchants.country AS merchant_country,
    customers.customer_id IS NOT NULL AS is_customer_known,
    merchants.merchant_id IS NOT NULL AS is_merchant_known,
    risk.txn_counts_1d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_txn_count_1d,
    risk.txn_counts_7d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_txn_count_7d,
    risk.txn_counts_28d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_txn_count_28d,
    risk.fraud_rates_1d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_fraud_rate_1d,
    risk.fraud_rates_7d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_fraud_rate_7d,
    risk.fraud_rates_28d[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_fraud_rate_28d,
    risk.newest_frauds_ms[
        NULLIF(ARRAY_POSITION(risk.hours_ms, payments.risk_hour_ms), 0)
    ] AS merchant_newest_fraud_ms
FROM payments
LEFT JOIN customers FOR SYSTEM_TIME AS OF payments.looked_up_at
    ON payments.customer_id = customers.customer_id
LEFT JOIN merchants FOR SYSTEM_TIME AS OF payments.looked_up_at
    ON payments.merchant_id = merchants.merchant_id
LEFT JOIN merchant_risk_days FOR SYSTEM_TIME AS OF payments.looked_up_at AS risk
    ON
        payments.merchant_id = risk.merchant_id
        AND payments.risk_day_ms = risk.day_ms
