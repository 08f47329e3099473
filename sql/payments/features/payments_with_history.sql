-- payments_with_history: every payment once, with its card's history or, if late, without.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   card_activity_5m, late_payments
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    join here with every history column NULL, which the model knows as unknown
-- Source:  docs/architecture.md, "A payment's life"; training and parity read this very file
CREATE TEMPORARY VIEW payments_with_history AS
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
    FALSE AS is_late
FROM card_activity_5m
UNION ALL
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
    CAST(NULL AS BIGINT) AS previous_ms,
    CAST(NULL AS DOUBLE PRECISION) AS previous_latitude,
    CAST(NULL AS DOUBLE PRECISION) AS previous_longitude,
    CAST(NULL AS INT) AS card_txn_count_7d,
    CAST(NULL AS BIGINT) AS card_amount_cents_7d,
    CAST(NULL AS INT) AS card_merchant_count_7d,
    CAST(NULL AS INT) AS card_txn_count_24h,
    CAST(NULL AS BIGINT) AS card_amount_cents_24h,
    CAST(NULL AS INT) AS card_merchant_count_24h,
    CAST(NULL AS INT) AS card_txn_count_5m,
    CAST(NULL AS BIGINT) AS card_amount_cents_5m,
    CAST(NULL AS INT) AS card_merchant_count_5m,
    TRUE AS is_late
FROM late_payments
