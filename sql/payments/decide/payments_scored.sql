-- payments_scored: each payment with its policy, and what the models and the team's rules say.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   payment_features, decision_policies
-- Units:   scoring.score is the champion's output in [0, 1], or NULL and scoring.error says why;
--          scoring.challenger_score is in [0, 1], NULL without a challenger
-- Source:  the only call of the models and the rules. The order of its arguments is the model's
--          feature list, numbers first, then text; a bundle with another list is refused. Rules
--          may look at these and at what rule_texts holds: docs/rules.md. The policy is looked up
--          first: docs/adr/0045-the-policy-before-the-score.md
CREATE TEMPORARY VIEW payments_scored AS
WITH payments AS (
    SELECT
        *,
        float64_vector(
            amount_cents,
            amount_to_card_mean_5m,
            amount_to_card_mean_24h,
            amount_to_card_mean_7d,
            amount_to_card_usual_30d,
            largest_amount_to_card_usual_7d,
            largest_amount_to_card_usual_14d,
            local_hour,
            local_weekday,
            is_night,
            card_txn_count_5m,
            card_txn_count_24h,
            card_txn_count_7d,
            card_amount_cents_5m,
            card_amount_cents_24h,
            card_amount_cents_7d,
            card_usual_cents_30d,
            card_merchant_count_5m,
            card_merchant_count_24h,
            card_merchant_count_7d,
            seconds_since_previous,
            km_from_previous,
            kmh_from_previous,
            km_from_home,
            is_foreign,
            is_usual_device,
            account_age_days,
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
            merchant_days_since_fraud,
            merchant_days_since_oldest_fraud_35d
        ) AS numbers,
        -- In one column, as each column of a batch costs as much as hundreds of rows. No text that
        -- is stored has a CHR(0); empty is unknown.
        CONCAT_WS(
            CHR(0),
            COALESCE(card_id, ''),
            COALESCE(customer_id, ''),
            COALESCE(merchant_id, ''),
            COALESCE(device_id, ''),
            COALESCE(currency, ''),
            COALESCE(merchant_country, ''),
            COALESCE(home_country, ''),
            COALESCE(CAST(event_ms AS STRING), '')
        ) AS rule_texts,
        PROCTIME() AS policy_as_of
    FROM payment_features
),

with_policy AS (
    SELECT
        payments.*,
        policies.version AS policy_version,
        policies.review_score,
        policies.block_score,
        policies.rule_block_kmh,
        policies.rule_block_km,
        policies.rule_review_txn_count_5m,
        policies.rule_review_amount_cents
    FROM payments
    LEFT JOIN decision_policies FOR SYSTEM_TIME AS OF payments.policy_as_of AS policies
        ON payments.channel = policies.channel
)

SELECT
    *,
    score(numbers, channel, merchant_category, rule_texts) AS scoring
FROM with_policy
