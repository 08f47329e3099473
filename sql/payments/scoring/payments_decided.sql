-- payments_decided: each scored payment with what to do about it: approve, review or block.
--
-- Grain:   one row per transaction_id; append-only
-- Reads:   payments_scored, decision_policies
-- Window:  none
-- Units:   score and thresholds in [0, 1]; amounts in minor units of the card currency
-- Late:    decided like any other; without history the speed and burst rules cannot apply
-- Source:  thresholds are rows in Postgres, one a channel, and change without a restart;
--          docs/cookbook/change_the_decision_policy.md
CREATE TEMPORARY VIEW payments_decided AS
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
        merchant_newest_fraud_ms,
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
        merchant_days_since_fraud,
        scoring.score AS score,
        scoring.model_version AS model_version,
        scoring.error AS score_error,
        scoring.challenger_score AS challenger_score,
        scoring.challenger_version AS challenger_version,
        PROCTIME() AS decided_at
    FROM payments_scored
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
    payments.home_latitude,
    payments.home_longitude,
    payments.home_country,
    payments.utc_offset_minutes,
    payments.account_opened_ms,
    payments.usual_device_id,
    payments.merchant_category,
    payments.merchant_country,
    payments.is_customer_known,
    payments.is_merchant_known,
    payments.merchant_txn_count_1d,
    payments.merchant_txn_count_7d,
    payments.merchant_txn_count_28d,
    payments.merchant_fraud_rate_1d,
    payments.merchant_fraud_rate_7d,
    payments.merchant_fraud_rate_28d,
    payments.merchant_newest_fraud_ms,
    payments.amount_to_card_mean_5m,
    payments.amount_to_card_mean_24h,
    payments.amount_to_card_mean_7d,
    payments.local_hour,
    payments.local_weekday,
    payments.is_night,
    payments.seconds_since_previous,
    payments.km_from_previous,
    payments.kmh_from_previous,
    payments.km_from_home,
    payments.is_foreign,
    payments.is_usual_device,
    payments.account_age_days,
    payments.merchant_days_since_fraud,
    payments.score,
    payments.model_version,
    payments.score_error,
    -- Only stored: what the challenger says decides nothing.
    payments.challenger_score,
    payments.challenger_version,
    policies.version AS policy_version,
    -- Degraded: decided without a score or without a policy.
    payments.score IS NULL OR policies.channel IS NULL AS is_degraded,
    CASE
        -- Nobody said what to approve, so somebody has to look.
        WHEN policies.channel IS NULL THEN 'review'
        WHEN payments.score >= policies.block_score THEN 'block'
        WHEN payments.score >= policies.review_score THEN 'review'
        WHEN payments.score IS NOT NULL THEN 'approve'
        WHEN
            payments.kmh_from_previous >= policies.rule_block_kmh
            AND payments.km_from_previous >= policies.rule_block_km THEN 'block'
        WHEN payments.card_txn_count_5m >= policies.rule_review_txn_count_5m THEN 'review'
        WHEN payments.amount_cents >= policies.rule_review_amount_cents THEN 'review'
        ELSE 'approve'
    END AS decision
FROM payments
LEFT JOIN decision_policies FOR SYSTEM_TIME AS OF payments.decided_at AS policies
    ON payments.channel = policies.channel
