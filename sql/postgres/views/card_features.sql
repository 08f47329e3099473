-- card_features: what the model knew about a payment, one row per feature.
--
-- Grain:   one row per payment (transaction_id, card_id) and feature
-- Reads:   scored_payments
-- Units:   in the features' names; value is text, empty where nothing was known
-- Source:  every column but those of the payment, its decision and its place in Kafka; a new
--          feature appears by itself. Ask for one card_id or transaction_id at a time
CREATE VIEW dashboards.card_features AS
SELECT
    p.transaction_id,
    p.card_id,
    p.event_time,
    told.key AS feature,
    CASE
        WHEN told.value ~ '^-?[0-9]+[.][0-9]+(e[-+]?[0-9]+)?$'
            THEN TRIM_SCALE(ROUND(told.value::numeric, 2))::text
        ELSE COALESCE(told.value, '')
    END AS value
FROM scored_payments AS p
CROSS JOIN LATERAL JSONB_EACH_TEXT(
    TO_JSONB(p)
    - ARRAY[
        'transaction_id', 'card_id', 'customer_id', 'merchant_id', 'currency', 'latitude',
        'longitude', 'device_id', 'card_last4', 'event_ms', 'event_time', 'arrived_at',
        'kafka_partition', 'kafka_offset', 'previous_ms', 'previous_latitude',
        'previous_longitude', 'came_behind_ms', 'home_latitude', 'home_longitude', 'home_country',
        'utc_offset_minutes', 'account_opened_ms', 'usual_device_id', 'merchant_country',
        'is_customer_known', 'is_merchant_known', 'score', 'model_version', 'score_error',
        'policy_version', 'is_degraded', 'decision', 'pipeline_version', 'scored_at', 'stored_at',
        'challenger_score', 'challenger_version', 'challenger_error', 'merchant_newest_fraud_ms',
        'card_largest_cents_14d', 'card_largest_cents_7d'
    ]
) AS told
