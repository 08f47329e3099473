-- alerts: store the payments to review or block.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_decided
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    stored like any other
-- Source:  scored_payments, alerts and alerts_topic read the same columns on purpose: the planner
--          then scores each payment once for all three, otherwise once for each
INSERT INTO alerts
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
    CAST(event_time AS TIMESTAMP(3)) AS event_time,
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
    amount_to_card_mean_5m,
    amount_to_card_mean_24h,
    amount_to_card_mean_7d,
    local_hour,
    local_weekday,
    is_night,
    seconds_since_previous,
    km_from_previous,
    kmh_from_previous,
    km_from_home,
    is_foreign,
    is_usual_device,
    account_age_days,
    score,
    model_version,
    score_error,
    policy_version,
    is_degraded,
    decision,
    '${PIPELINE_VERSION}' AS pipeline_version,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS scored_at
FROM payments_decided
WHERE decision <> 'approve'
